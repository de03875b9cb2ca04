"""What a sandbox is told: its locations, its limits, and a switch for every unknown rule.

Everything here is frozen and serialises to JSON, so that a server in another process
is told exactly what a server in a thread is.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contacts_pipeline.sandbox.faults import Faults

Match = Literal["email,phone", "phone,email", "email", "phone"]
DataType = Literal[
    "TEXT",
    "LARGE_TEXT",
    "NUMERICAL",
    "PHONE",
    "MONETORY",
    "DATE",
    "CHECKBOX",
    "SINGLE_OPTIONS",
    "MULTIPLE_OPTIONS",
    "RADIO",
    "FLOAT",
    "TIME",
    "TEXTBOX_LIST",
    "EMAIL",
    "FILE_UPLOAD",
    "SIGNATURE",
]  # fmt: skip - the vendor's spelling, MONETORY included

DEFAULT_TOKEN = "pit-sandbox"  # noqa: S105 - opens nothing but this machine's sandbox
ACCESS_TOKEN_SECONDS = 86_399  # vendor documentation, OAuth 2.0
POSITIVE = Field(gt=0)


class _Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SandboxCustomField(_Options):
    """A custom field of a location; ``key`` is written without ``contact.``."""

    key: str = Field(min_length=1)
    id: str = ""
    name: str = ""
    data_type: DataType = "TEXT"
    picklist: tuple[str, ...] = ()
    allows_other: bool = Field(default=False, description="isAllowedCustomOption of the vendor.")


class SandboxLocation(_Options):
    """A sub-account: who may speak to it, how it finds duplicates, what it allows."""

    id: str = Field(min_length=1)
    name: str = ""
    match: Match = "email,phone"
    allow_duplicates: bool = False
    country: str = Field("US", description="Region of phones written without a country code.")
    tokens: tuple[str, ...] = (DEFAULT_TOKEN,)
    burst_limit: Annotated[int, POSITIVE] = 100
    interval_ms: Annotated[int, POSITIVE] = 10_000
    daily_limit: Annotated[int, POSITIVE] = 200_000
    custom_fields: tuple[SandboxCustomField, ...] = ()
    users: tuple[str, ...] = Field((), description="User ids; without any, every id is taken.")
    company_id: str = "sandbox-company"

    @model_validator(mode="before")
    @classmethod
    def _ids_of_custom_fields(cls, data: object) -> object:
        """Give each custom field an id that follows from location and key alone.

        So it is the same after a restart, with a state file or without.
        """
        if not isinstance(data, dict) or not data.get("custom_fields"):
            return data
        location = str(data.get("id", ""))
        fields = [SandboxCustomField.model_validate(field) for field in data["custom_fields"]]
        named = [
            field.model_copy(update={"id": field.id or _custom_field_id(location, field.key)})
            for field in fields
        ]
        return {**data, "custom_fields": tuple(named)}

    @property
    def sequence(self) -> tuple[str, ...]:
        """The fields that find a duplicate, in order of priority."""
        if self.allow_duplicates:
            return ("email", "phone")
        return tuple(self.match.split(","))


class SandboxCompany(_Options):
    """An agency: its tokens exchange for those of its locations."""

    id: str = "sandbox-company"
    tokens: tuple[str, ...] = ()


class SandboxOAuthClient(_Options):
    """A marketplace app with the refresh tokens it holds at the start.

    With ``location_id`` its tokens are a location's, else its company's.
    """

    client_id: str
    client_secret: str
    refresh_tokens: tuple[str, ...]
    company_id: str = "sandbox-company"
    location_id: str | None = None


class SandboxRules(_Options):
    """A switch for every rule that nobody knows; ``docs/sandbox.md`` has the table."""

    null: Literal["clears", "ignored"] = "clears"
    empty: Literal["clears", "ignored"] = "ignored"
    bad_phone: Literal["dropped", "refused"] = "dropped"
    bad_email: Literal["refused", "stored"] = "refused"
    full_name: Literal["split", "kept"] = "split"
    several_matches: Literal["oldest", "newest"] = "oldest"
    concurrent_upserts: Literal["serialised", "twins"] = "serialised"
    unknown_user: Literal["refused", "dropped", "stored"] = "refused"
    bad_number: Literal["refused", "stored", "dropped"] = "refused"
    bad_custom_value: Literal["refused", "stored", "dropped"] = "refused"
    put_duplicate: Literal["refused", "stored"] = "refused"
    channels: Literal["merged", "replaced"] = "merged"
    limited_body: Literal["json", "html"] = "json"
    refusals_count: bool = Field(default=False, description="Whether a 429 spends budget too.")
    day: Literal["utc", "first_request"] = "utc"
    search_lag_ms: float = Field(0, ge=0, description="How long search shows the old state.")
    duplicate_search_lags: bool = Field(
        default=False, description="search/duplicate lags as search does."
    )


class SandboxOptions(_Options):
    """Everything a sandbox starts with."""

    locations: tuple[SandboxLocation, ...] = (SandboxLocation(id="sandbox", name="Sandbox"),)
    state_file: Path | None = None
    latency_ms: float = Field(0, ge=0, description="Half before the write, half after it.")
    clock_ahead_seconds: float = Field(0, description="Of this machine's clock.")
    window: Literal["fixed", "sliding"] = "fixed"
    retry_after: bool = False
    seed: int | None = Field(None, description="Makes contact ids and random faults repeat.")
    rules: SandboxRules = SandboxRules()
    faults: Faults = Faults()
    companies: tuple[SandboxCompany, ...] = ()
    oauth_clients: tuple[SandboxOAuthClient, ...] = ()
    token_scopes: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="Token to its scopes; a token not named has them all."
    )
    access_token_seconds: Annotated[int, POSITIVE] = ACCESS_TOKEN_SECONDS
    log_limit: Annotated[int, POSITIVE] = 1_000_000

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        ids = [location.id for location in self.locations]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"location {', '.join(sorted(twice))} is given twice")
        return self


def _custom_field_id(location_id: str, key: str) -> str:
    return hashlib.blake2b(f"{location_id}\n{key}".encode(), digest_size=10).hexdigest()
