"""How the pipeline runs unattended, as sections of ``contacts.yaml``.

When it runs, what its checks find wrong, what is kept, and who is told.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from contacts_pipeline.settings.section import (
    CENTURY_DAYS,
    CronLine,
    QuietSpan,
    Section,
    Share,
    TimeZone,
)


class Automation(Section):
    """What runs by itself. Without this section nothing does."""

    refresh: CronLine | None = Field(
        None,
        description="Cron line of the refresh; left out, somebody or something else starts it.",
    )
    timezone: TimeZone = Field(
        "UTC", description="Of the cron lines, and of locations that name none."
    )
    push: bool = Field(
        default=True, description="Plan and push every location whose contacts were refreshed."
    )
    retry: CronLine = Field(
        "0 * * * *", description="Cron line: when failed and unfinished locations are tried again."
    )
    quiet_hours: QuietSpan | None = Field(
        None, description="Such as 20:00-08:00, by the location's own clock: nothing is sent then."
    )
    tick_seconds: int = Field(10, ge=1, description="How often it is looked for work.")


class Checks(Section):
    """From where on checks in Dagster's UI fail. They stop nothing; a location's own shares do."""

    max_reject_share: Share = Field(
        0.2, description="Of all rows, those of disabled locations left out: 'few_rejected'."
    )
    max_drop_share: Share = Field(
        0.2, description="By how much all rows may shrink between two reads: 'rows_kept'."
    )
    stale_hours: float = Field(
        48,
        gt=0,
        description="Since a location's last push that sent all it had to: 'no_location_stale'.",
    )
    budget_days: int = Field(
        1, ge=1, description="Days that a location's plan may take by its limit: 'within_budget'."
    )


class Retention(Section):
    """How long what runs leave behind is kept; the job 'tidy' removes what is older."""

    tidy: CronLine = Field(
        "0 3 * * *", description="Cron line of the job, where there is a section 'automation'."
    )
    run_days: float = Field(
        90,
        gt=0,
        le=CENTURY_DAYS,
        description=(
            "Dagster's runs, with events and logs, and in the ledger how their pushes ended; what "
            "says how a partition or location stands stays."
        ),
    )
    snapshot_days: float = Field(
        30,
        gt=0,
        le=CENTURY_DAYS,
        description="Plans and outcomes of locations that are no longer enabled.",
    )


class Smtp(Section):
    """The mail server that takes alerts."""

    host: str = Field(description="Name or address of the server.")
    port: int = Field(
        587, gt=0, lt=65_536, description="587 is for starttls; tls is mostly at 465."
    )
    encryption: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="'none' only for a server on this machine, or with allow_http."
    )
    username: str | None = Field(None, description="Login; left out, none is made.")
    password_env: str | None = Field(None, description="Environment variable with the password.")
    sender: str = Field(description="Address that the mail is from.")
    recipients: tuple[str, ...] = Field(
        min_length=1, description="Addresses that the mail goes to, a list."
    )


class Alerts(Section):
    """Who is told when a run fails or a location is held, and when it is well again."""

    webhook_env: str | None = Field(
        None, description="Environment variable with the URL that alerts are posted to as JSON."
    )
    smtp: Smtp | None = None
    allow_http: bool = Field(
        default=False, description="Unencrypted webhook or mail beyond loopback: private networks."
    )

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.smtp is None or self.smtp.encryption != "none" or self.allow_http:
            return self
        if self.smtp.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError("smtp: encryption 'none' is for this machine; 'allow_http' permits it")
        return self
