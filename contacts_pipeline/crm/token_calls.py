"""The two calls that give OAuth tokens, off the event loop and outside every rate limit.

Vendor documentation, OAuth 2.0: form bodies; a refresh token works once and answers the next.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from contacts_pipeline.crm.errors import LocationClosed, Unreachable

API_VERSION = "2021-07-28"
SECONDS_UNSAID = 86_399.0  # an access token's life, where the answer does not say
_TRY_AGAIN = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)


@dataclass(frozen=True)
class OAuthApp:
    """A marketplace app at the CRM's token endpoints. Its ``repr`` shows no secret."""

    base_url: str
    client_id: str
    client_secret: SecretStr
    ssl_context: ssl.SSLContext
    timeout_seconds: float = 30.0


@dataclass(frozen=True)
class IssuedToken:
    """What the CRM gave; ``refresh`` is None for a location's token out of an agency's."""

    access: SecretStr
    refresh: SecretStr | None
    seconds: float


def refresh(app: OAuthApp, token: SecretStr) -> IssuedToken:
    """``POST /oauth/token``: spend a refresh token."""
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret.get_secret_value(),
        "grant_type": "refresh_token",
        "refresh_token": token.get_secret_value(),
    }
    return _issued(app, "/oauth/token", form, {})


def exchange(app: OAuthApp, company: SecretStr, company_id: str, location_id: str) -> IssuedToken:
    """``POST /oauth/locationToken``: a location's token for an agency's."""
    form = {"companyId": company_id, "locationId": location_id}
    headers = {"Authorization": f"Bearer {company.get_secret_value()}", "Version": API_VERSION}
    return _issued(app, "/oauth/locationToken", form, headers)


def _issued(
    app: OAuthApp, path: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> IssuedToken:
    failure: Exception
    try:
        with httpx.Client(
            verify=app.ssl_context, timeout=app.timeout_seconds, trust_env=False
        ) as client:
            answer = client.post(f"{app.base_url}{path}", data=dict(form), headers=dict(headers))
        status = answer.status_code
        if status in _TRY_AGAIN:
            failure = Unreachable(f"HTTP {status} from {path}", status=status)
        elif answer.is_client_error:
            failure = LocationClosed(f"HTTP {status} from {path}", status=status)
        else:
            return _read(answer.raise_for_status().json())
    except (httpx.HTTPError, ValueError) as error:
        failure = Unreachable(f"no token from {path} ({type(error).__name__})")
    raise failure  # out here, so that the error which it stands for, with the form, is not kept


def _read(document: object) -> IssuedToken:
    found = document if isinstance(document, dict) else {}
    access, renewed, seconds = map(found.get, ("access_token", "refresh_token", "expires_in"))
    if not access or not isinstance(access, str):
        raise ValueError("no access token")
    return IssuedToken(
        SecretStr(access),
        SecretStr(renewed) if isinstance(renewed, str) else None,
        float(seconds) if isinstance(seconds, int | float) else SECONDS_UNSAID,
    )
