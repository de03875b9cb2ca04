"""Everything that a call to the CRM can end in, other than an answer.

CrmError
├── Refused            this record only; the same body will be refused again
│   └── BlockedByEdge  by what stands before the API, or whoever asks, whatever the record
├── NotApplied         try again: the CRM did nothing
│   ├── RateLimited    too many requests, for some seconds or for the day
│   ├── TokenExpired   another token has taken its place
│   └── Unreachable    no connection, so nothing was sent
├── UnclearFate        it may have been applied, and may still be running
├── LocationClosed     no request to this location can succeed
│   └── TokenInvalid   unless there is another token
└── ClientOutdated     no request at all can succeed

Which answer means which: the vendor's error table and field reports.
"""

import json
import re

import httpx

from contacts_pipeline.crm.limits import RateLimits

# Addresses, numbers, and whatever stands in quotes, where the CRM repeats what it was sent.
_VALUES = re.compile(r"""[\w.+-]+@[\w.-]+|\+?\d[\d\s().-]{5,}\d|"[^"]*"|(?<!\w)'[^']*'|`[^`]*`""")

_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


class CrmError(Exception):
    """A call that brought no usable answer; ``code`` is stable, ``str()`` holds no values."""

    code = "crm_error"

    def __init__(
        self, message: str, *, status: int | None = None, limits: RateLimits | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.limits = limits or RateLimits()


class Refused(CrmError):
    """A final 4xx about the record."""

    code = "refused"


class BlockedByEdge(Refused):
    """A 403 that is a page: a firewall took offence at this record, or at all that we send."""

    code = "blocked_by_edge"


class NotApplied(CrmError):
    """The CRM did nothing; the same request may be sent again."""

    code = "not_applied"


class RateLimited(NotApplied):
    """429: slow down, or stop for the day."""

    code = "rate_limited"

    def __init__(
        self, message: str, *, status: int | None = None, limits: RateLimits | None = None
    ) -> None:
        super().__init__(message, status=status, limits=limits)
        if self.daily_budget_spent:
            self.code = "daily_budget"

    @property
    def daily_budget_spent(self) -> bool:
        """Whether the day's requests are used up, as the headers say."""
        return self.limits.daily_remaining == 0


class Unreachable(NotApplied):
    """No connection was made."""

    code = "crm_unreachable"


class TokenExpired(NotApplied):
    """The access token had ended; the next request goes with its successor."""

    code = "token_expired"


class UnclearFate(CrmError):
    """Sent, but the answer does not say whether it was applied."""

    code = "unclear"


class LocationClosed(CrmError):
    """The token does not open this location."""

    code = "token_refused"


class TokenInvalid(LocationClosed):
    """The CRM calls the token expired, revoked or unknown, as opposed to too weak."""


class ClientOutdated(CrmError):
    """The CRM no longer speaks the API version that this client asks for."""

    code = "api_version_refused"


def error_from(status: int, content: bytes, limits: RateLimits) -> CrmError:
    """The error that an answer stands for; it is not a usable 2xx."""
    body_status, message = _told(content)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return RateLimited("too many requests", status=status, limits=limits)
    if status == httpx.codes.UNAUTHORIZED:
        return _unauthorized(message, limits)
    if status == httpx.codes.FORBIDDEN:
        if message:
            return LocationClosed(message, status=status, limits=limits)
        told = f"refused by a page instead of the API: {_title(content) or f'HTTP {status}'}"
        return BlockedByEdge(told, status=status, limits=limits)
    if status == httpx.codes.REQUEST_TIMEOUT or not httpx.codes.is_client_error(status):
        told = message or f"HTTP {status} without a usable body"
        return UnclearFate(told, status=status, limits=limits)
    if body_status == httpx.codes.UNAUTHORIZED:
        message = f"a permanent do-not-disturb can't be changed: {message}"
    return Refused(message or f"HTTP {status}", status=status, limits=limits)


def without_values(message: object) -> str:
    """A message of the CRM, a text or a list of them, as it may be kept: short and printable."""
    text = "; ".join(map(str, message)) if isinstance(message, list) else str(message or "")
    return "".join(sign for sign in _VALUES.sub("…", text)[:300] if sign.isprintable())


def _unauthorized(message: str, limits: RateLimits) -> CrmError:
    """The four meanings of 401; the fourth, a permanent channel, comes as a 400."""
    status, told = httpx.codes.UNAUTHORIZED, message.lower()
    if "version" in told:
        return ClientOutdated(message, status=status, limits=limits)
    if "scope" in told or "authclass" in told:
        return LocationClosed(message, status=status, limits=limits)
    return TokenInvalid(message or "the token is refused", status=status, limits=limits)


def _title(page: bytes) -> str:
    found = _TITLE.search(page.decode(errors="replace"))
    return without_values(found[1].strip()) if found else ""


def _told(content: bytes) -> tuple[int | None, str]:
    """The body's own status and message; the message is a string or a list, or it is HTML."""
    try:
        body = json.loads(content)
    except ValueError:
        return None, ""
    if not isinstance(body, dict):
        return None, ""
    status = body.get("statusCode")
    told = without_values(body.get("message"))
    return (status if isinstance(status, int) else None), told
