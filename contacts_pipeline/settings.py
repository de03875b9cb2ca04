"""``contacts.yaml`` as pydantic models.

A secret is the name of an environment variable, never a value. Reading the file,
with its line numbers and variables, is ``settings_file``'s work.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from contacts_pipeline.contact import FIELD_COLUMNS, NOT_NULLABLE, Channel
from contacts_pipeline.settings_edits import CrmEdits, EditRule
from contacts_pipeline.settings_oauth import OAuth
from contacts_pipeline.settings_operation import Alerts, Automation, Checks, Retention
from contacts_pipeline.settings_section import (
    Expression,
    QuietSpan,
    Section,
    Share,
    TimeZone,
    is_loopback,
)
from contacts_pipeline.settings_survivorship import Survivorship
from contacts_pipeline.settings_warehouse import Warehouse, WriteBack, is_server

Match = Literal["email,phone", "phone,email", "email", "phone"]

SAMPLE_WAREHOUSE = Path("data/sample")


class FieldMap(Section):
    """API field to column, or to an SQL expression of the warehouse."""

    model_config = ConfigDict(title="Fields")

    firstName: Expression | None = None  # noqa: N815 - the API's own names, as the user types them
    lastName: Expression | None = None  # noqa: N815
    name: Expression | None = Field(
        None, description="Sent only where first and last name are empty."
    )
    email: Expression | None = None
    phone: Expression | None = None
    address1: Expression | None = None
    city: Expression | None = None
    state: Expression | None = None
    postalCode: Expression | None = None  # noqa: N815
    country: Expression | None = None
    website: Expression | None = None
    timezone: Expression | None = None
    dnd: Expression | None = None
    dndSettings: dict[Channel, Expression] = Field(  # noqa: N815
        default_factory=dict, description="Channel to a boolean column; true blocks the channel."
    )
    inboundDndSettings: Expression | None = None  # noqa: N815
    tags: Expression | None = Field(None, description="A list, or text split at commas.")
    source: Expression | None = None
    dateOfBirth: Expression | None = None  # noqa: N815
    companyName: Expression | None = None  # noqa: N815
    assignedTo: Expression | None = None  # noqa: N815
    gender: Expression | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Pipeline column to warehouse expression, for the plain fields that are mapped."""
        mapped = {column: getattr(self, field) for field, column in FIELD_COLUMNS.items()}
        return {column: expression for column, expression in mapped.items() if expression}


class Contacts(Section):
    """The table or query of contacts, and what its columns mean."""

    table: str | None = None
    query: str | None = None
    key: str = Field(description="Unique in the source; the row's name in every report.")
    location: str
    updated_at: str | None = Field(None, description="Newest wins; left out, ties go to the key.")
    fields: FieldMap
    custom_fields: dict[str, Expression] = Field(
        default_factory=dict, description="Custom field key, without 'contact.', to a column."
    )
    date_order: Literal["dmy", "mdy"] | None = Field(
        None, description="How this source writes 03/04/1990; left out, such a date is dropped."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either 'table' or 'query', not both")
        return self

    def reads(self, table: str) -> bool:
        """Whether the contacts come from ``table``, or from a query that names it."""
        named = rf"(?<!\w){re.escape(table)}(?!\w)"
        return table == self.table or re.search(named, self.query or "", re.IGNORECASE) is not None


class Location(Section):
    """A sub-account of the CRM, as the registry describes it."""

    id: str = Field(min_length=1)
    name: str | None = None
    token_env: str | None = Field(None, description="Environment variable that holds the token.")
    country: str | None = Field(None, description="Default region of phones, ISO 3166-1 alpha-2.")
    match: Match = Field("email,phone", description="Its 'Allow Duplicate Contact' sequence.")
    enabled: bool = True
    timezone: TimeZone | None = Field(None, description="IANA name; quiet hours go by it.")
    quiet_hours: QuietSpan | None = Field(
        None, description="Such as 20:00-08:00; instead of automation.quiet_hours."
    )
    daily_limit: int = Field(200_000, gt=0, description="Requests a day.")
    burst_limit: int = Field(100, gt=0, description="Requests in an interval.")
    interval_ms: int = Field(10_000, gt=0, description="Length of the interval, milliseconds.")
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

    table: str
    columns: dict[str, Expression] = Field(
        default_factory=dict, description="Location key to column, where the names differ."
    )

    @field_validator("columns")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        if unknown := value.keys() - Location.model_fields.keys():
            raise ValueError(f"a location has no {', '.join(sorted(unknown))}")
        return value


class Crm(Section):
    """The CRM to push to."""

    base_url: str
    token_env: str = Field("CRM_TOKEN", description="For locations that name none of their own.")
    oauth: OAuth | None = Field(None, description="Instead of Private Integration Tokens.")
    allow_http: bool = Field(
        default=False, description="Plain http beyond loopback: private networks."
    )
    timeout_seconds: float = Field(30, gt=0)
    settle_seconds: float = Field(30, ge=0, description="Wait before an unclear fate is looked up.")
    max_tries: int = Field(5, ge=1, description="Tries of one request, the first included.")
    whole_list_days: float = Field(
        7,
        ge=0,
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


class Policy(Section):
    """What may be done to contacts that the CRM already holds."""

    tags: Literal["add", "overwrite", "skip"] = "add"
    dnd: Literal["set_only", "follow"] = "set_only"
    shared: Literal["withhold", "merge", "hold"] = "withhold"
    changed_email: Literal["hold", "create", "update_by_id"] = "hold"
    crm_snapshot: Literal["never", "first_run", "always"] = "first_run"
    crm_edits: EditRule | CrmEdits = Field(
        "keep",
        description="A field that somebody edits in the CRM: `keep`, it stays until the warehouse "
        "changes that field; `overwrite`, it is put back; `hold`, the contact is held once both "
        "have changed it. Or a rule a field: `{default: keep, fields: {phone: overwrite}}`.",
    )
    deleted_in_crm: Literal["hold", "recreate"] = Field(
        "hold", description="What becomes of a contact that somebody deleted in the CRM."
    )
    clear: tuple[str, ...] = Field((), description="API fields sent as null where they are empty.")

    @field_validator("clear")
    @classmethod
    def _clearable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for field in value:
            if field not in FIELD_COLUMNS:
                raise ValueError(f"'{field}' is no field of a contact")
            if field in NOT_NULLABLE or field in {"email", "phone", "dnd"}:
                raise ValueError(f"'{field}' can't be cleared")
        return value


class Validation(Section):
    """How strict the judgement of a field is."""

    phones: Literal["valid", "possible"] = "valid"
    placeholder_emails: Literal["reject", "warn"] = Field(
        "warn", description="Such an address is never sent; 'reject' refuses its whole row."
    )
    role_emails: Literal["reject", "warn", "accept"] = "warn"
    full_names: Literal["keep", "split"] = Field(
        "keep", description="Where a row has only a full name: send it whole, or in two parts."
    )


class Proof(Section):
    """How much of what a push wrote is read back from the CRM."""

    sample: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0,
        description="Contacts a location and run, or 'all'; a run that writes none reads none.",
    )


class Settings(Section):
    """The whole of ``contacts.yaml``."""

    warehouse: Warehouse
    contacts: Contacts
    locations: LocationTable | tuple[Location, ...]
    crm: Crm
    policy: Policy = Policy()
    survivorship: Survivorship = Survivorship()
    validation: Validation = Validation()
    proof: Proof = Proof()
    write_back: WriteBack | None = None
    automation: Automation | None = None
    checks: Checks = Checks()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()

    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("survivorship")
    @classmethod
    def _of_mapped_fields(cls, value: Survivorship, info: ValidationInfo) -> Survivorship:
        contacts = info.data.get("contacts")
        if isinstance(contacts, Contacts):
            for key in value.custom_fields.keys() - contacts.custom_fields.keys():
                raise ValueError(f"custom_fields: contacts.custom_fields has no '{key}'")
        return value

    @model_validator(mode="after")
    def _upstream_of_what_is_read(self) -> Self:
        registry = self.locations.table if isinstance(self.locations, LocationTable) else None
        for table in self.warehouse.upstream_assets:
            if table != registry and not self.contacts.reads(table):
                raise ValueError(
                    f"warehouse.upstream_assets: neither contacts nor locations read '{table}'"
                )
        return self

    @property
    def warehouse_path(self) -> Path | None:
        """The warehouse's folder or file, absolute; None where it is a server."""
        return self.local_path(self.warehouse.url)

    def local_path(self, url: str) -> Path | None:
        """Where ``url`` lies on this machine, absolute; None where it is a server."""
        return None if is_server(url) else (self._folder / url).resolve()

    @property
    def reads_the_sample(self) -> bool:
        """Whether the people in the warehouse are the invented ones of ``data/sample``."""
        path = self.warehouse_path
        return path is not None and path.parts[-2:] == SAMPLE_WAREHOUSE.parts

    def in_folder(self, folder: Path) -> Self:
        """The same settings, with relative paths read from ``folder``."""
        moved = self.model_copy()
        moved._folder = folder  # noqa: SLF001 - its own
        return moved
