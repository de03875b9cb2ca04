"""Who a token speaks for: private integrations, agencies, and OAuth with single-use refresh.

A refresh answers a new refresh token and kills the one it was given; an access token
lives ``access_token_seconds``.
"""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from contacts_pipeline.sandbox.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token may do; ``locations`` is None for an agency's token."""

    app: str
    company_id: str
    locations: tuple[str, ...] | None
    expires: float | None = None

    @property
    def is_company(self) -> bool:
        """Whether the token is an agency's."""
        return self.locations is None


class Tokens:
    """Every token that opens something, and the refresh tokens not yet used."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._grants: dict[str, Grant] = {}
        self._refresh: dict[str, tuple[str, str | None]] = {}
        self.revoked: set[str] = set()
        companies = {location.id: location.company_id for location in options.locations}
        reach: dict[str, list[str]] = {}
        for location in options.locations:
            for token in location.tokens:
                reach.setdefault(token, []).append(location.id)
        for token, locations in reach.items():
            app = f"integration {hashed(token)}"
            self._grants[token] = Grant(app, companies[locations[0]], tuple(locations))
        for company in options.companies:
            for token in company.tokens:
                self._grants[token] = Grant(f"agency {hashed(token)}", company.id, None)
        for client in options.oauth_clients:
            for refresh in client.refresh_tokens:
                self._refresh[refresh] = (client.client_id, client.location_id)

    def grant(self, token: str, now: float) -> Grant | None:
        """What the token may do now; None if it is unknown, expired or revoked."""
        grant = self._grants.get(token)
        if grant is None or token in self.revoked:
            return None
        if grant.expires is not None and grant.expires <= now:
            return None
        return grant

    def scopes(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a token; None if it has them all."""
        return self._options.token_scopes.get(token)

    def issue_for_location(self, grant: Grant, location_id: str, now: float) -> str:
        """An access token of one location, out of an agency's."""
        return self._issue(grant.app, grant.company_id, (location_id,), now)

    def refresh(
        self, client_id: str, client_secret: str, token: str, now: float
    ) -> dict[str, object] | None:
        """Spend a refresh token; None if it was spent before or never was one."""
        clients = {client.client_id: client for client in self._options.oauth_clients}
        client = clients.get(client_id)
        if client is None or not secrets.compare_digest(
            client.client_secret.encode(), client_secret.encode()
        ):
            return None
        held = self._refresh.get(token)
        if held is None or held[0] != client_id:
            return None
        del self._refresh[token]
        location_id = held[1]
        renewed = f"refresh-{secrets.token_hex(16)}"
        self._refresh[renewed] = (client_id, location_id)
        reach = (location_id,) if location_id else None
        return {
            "access_token": self._issue(client_id, client.company_id, reach, now),
            "token_type": "Bearer",
            "expires_in": self._options.access_token_seconds,
            "refresh_token": renewed,
            "scope": "contacts.write contacts.readonly locations.readonly",
            "userType": "Location" if location_id else "Company",
            "companyId": client.company_id,
            **({"locationId": location_id} if location_id else {}),
            "userId": "sandbox-user",
        }

    def revoke(self, token: str) -> None:
        """Make a token worthless until the sandbox is reset or its faults are cleared."""
        self.revoked.add(token)

    def expire(self, token: str, now: float) -> bool:
        """End an access token's life; False for a token that has no end."""
        grant = self._grants.get(token)
        if grant is None or grant.expires is None:
            return False
        self._grants[token] = Grant(grant.app, grant.company_id, grant.locations, now)
        return True

    def as_json(self) -> dict[str, Any]:
        """What must survive a restart: issued access tokens and unspent refresh tokens."""
        issued = {token: asdict(grant) for token, grant in self._grants.items() if grant.expires}
        return {"issued": issued, "refresh": self._refresh}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what ``as_json`` gave."""
        for token, grant in state["issued"].items():
            locations = tuple(grant["locations"]) if grant["locations"] is not None else None
            self._grants[token] = Grant(**{**grant, "locations": locations})
        self._refresh = {token: (held[0], held[1]) for token, held in state["refresh"].items()}

    def _issue(
        self, app: str, company_id: str, locations: tuple[str, ...] | None, now: float
    ) -> str:
        token = f"access-{secrets.token_hex(16)}"
        expires = now + self._options.access_token_seconds
        self._grants[token] = Grant(app, company_id, locations, expires)
        return token


@lru_cache(maxsize=4096)
def hashed(token: str) -> str:
    """A token as the log shows it."""
    return hashlib.blake2b(token.encode(), digest_size=6).hexdigest()
