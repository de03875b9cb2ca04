"""``locations`` in ``contacts.yaml``: the registry, inline or as a table."""

from typing import Literal

from pydantic import Field, field_validator

from contacts_pipeline.settings.section import (
    DAY_SECONDS,
    Expression,
    QuietSpan,
    Section,
    Share,
    TimeZone,
)

Match = Literal["email,phone", "phone,email", "email", "phone"]


class Location(Section):
    """A sub-account of the CRM, as the registry describes it."""

    id: str = Field(
        min_length=1, description="Id of the sub-account in the CRM, and of its partition."
    )
    name: str | None = Field(None, description="For people; another one changes nothing else.")
    token_env: str | None = Field(None, description="Environment variable that holds the token.")
    country: str | None = Field(None, description="Default region of phones, ISO 3166-1 alpha-2.")
    match: Match = Field("email,phone", description="Its 'Allow Duplicate Contact' sequence.")
    enabled: bool = Field(
        default=True,
        description="Whether anything is sent to it; 'false' counts from the next refresh on.",
    )
    timezone: TimeZone | None = Field(None, description="IANA name; quiet hours go by it.")
    quiet_hours: QuietSpan | None = Field(
        None, description="Such as 20:00-08:00; instead of automation.quiet_hours."
    )
    daily_limit: int = Field(200_000, gt=0, description="Requests a day.")
    burst_limit: int = Field(100, gt=0, description="Requests in an interval.")
    interval_ms: int = Field(
        10_000, gt=0, le=DAY_SECONDS * 1000, description="Length of the interval, milliseconds."
    )
    daily_reserve: int = Field(
        0, ge=0, description="Requests a day that are left to others who use the same app."
    )
    max_reject_share: Share = Field(0.5, description="Of its rows; beyond it is held.")
    max_create_share: Share = Field(1.0, description="Of its contacts; beyond it is held.")
    max_shrink_share: Share = Field(
        0.5, description="By how much its rows may shrink since the last plan; beyond it is held."
    )
    max_refuse_share: Share = Field(
        0.5, description="Of the contacts sent, from 20 refusals on; beyond it the push stops."
    )

    @field_validator("match", mode="before")
    @classmethod
    def _without_spaces(cls, value: object) -> object:
        return value.replace(" ", "").lower() if isinstance(value, str) else value


class LocationTable(Section):
    """The registry as a table of the warehouse, with the columns of ``Location``."""

    table: str = Field(
        description="Table of the warehouse with a row a location; it is read by each refresh."
    )
    columns: dict[str, Expression] = Field(
        default_factory=dict, description="Location key to column, where the names differ."
    )

    @field_validator("columns")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := value.keys() - Location.model_fields.keys():
            raise ValueError(f"a location has no {', '.join(sorted(unknown))}")
        return value
