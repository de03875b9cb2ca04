"""``crm`` in ``contacts.yaml``: where to push, and what opens it."""

from typing import Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field, field_validator, model_validator

from contacts_pipeline.settings.section import CENTURY_DAYS, DAY_SECONDS, Section, is_loopback


class OAuth(Section):
    """Names of environment variables; the tokens that follow are kept under ``data/tokens``."""

    client_id_env: str = Field(
        "CRM_CLIENT_ID", description="Environment variable with the app's client id."
    )
    client_secret_env: str = Field(
        "CRM_CLIENT_SECRET", description="Environment variable with the app's client secret."
    )
    refresh_token_env: str = Field(
        "CRM_REFRESH_TOKEN",
        description="Holds the first refresh token; with another one in it the chain begins anew.",
    )
    company_id: str | None = Field(
        None,
        description="Of the agency that the refresh token is of; locations get theirs from it. "
        "Left out, each location's token_env holds the first refresh token of that location.",
    )


class Crm(Section):
    """The CRM to push to."""

    base_url: str = Field(
        description="Where the API is: https://services.leadconnectorhq.com, or a sandbox."
    )
    token_env: str = Field("CRM_TOKEN", description="For locations that name none of their own.")
    oauth: OAuth | None = Field(None, description="Instead of Private Integration Tokens.")
    allow_http: bool = Field(
        default=False, description="Plain http beyond loopback: private networks."
    )
    timeout_seconds: float = Field(
        30, gt=0, le=DAY_SECONDS, description="How long one request may wait for its answer."
    )
    settle_seconds: float = Field(
        30, ge=0, le=DAY_SECONDS, description="Wait before an unclear fate is looked up."
    )
    max_tries: int = Field(5, ge=1, description="Tries of one request, the first included.")
    whole_list_days: float = Field(
        7,
        ge=0,
        le=CENTURY_DAYS,
        description="After so many days all contacts of a location are listed anew; in between "
        "'crm_snapshot: always' reads what was updated.",
    )

    @field_validator("base_url")
    @classmethod
    def _normalised(cls, value: str) -> str:
        parts = urlsplit(value.strip())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("write it as https://host[:port]")
        if parts.username or parts.query or parts.fragment:
            raise ValueError("a base URL has no user, query or fragment")
        default_port = {"http": 80, "https": 443}[parts.scheme]
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        netloc = host if parts.port in {None, default_port} else f"{host}:{parts.port}"
        return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.base_url.startswith("http:") and not (self.allow_http or self.is_loopback):
            raise ValueError("base_url must be https; 'allow_http: true' permits a private network")
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether the CRM runs on this machine."""
        return is_loopback(self.base_url)
