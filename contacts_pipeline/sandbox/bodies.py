"""The bodies of requests as pydantic models: the schema that the vendor publishes.

Types are strict, an undeclared property is refused, and null is taken only where the
schema says ``nullable``. What a value *means* is decided in ``writes``.
"""

import datetime as dt
import math
import re
import zoneinfo
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from contacts_pipeline.sandbox.countries import COUNTRIES

CHANNELS = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
PAGE_LIMIT = 500  # rows a page of a search, field report
WINDOW_LIMIT = 10_000  # rows that ``page`` reaches, field report

ISO_DATE = re.compile(r"(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})", re.ASCII)
US_DATE = re.compile(r"(\d{1,2})[-/._](\d{1,2})[-/._](\d{4})", re.ASCII)


def _known_country(value: str) -> str:
    if value not in COUNTRIES:
        raise PydanticCustomError("crm", "must be a valid enum value")
    return value


def _known_zone(value: str | None) -> str | None:
    if value and value not in ZONES:
        raise PydanticCustomError("crm", "must be a valid IANA timezone")
    return value


def _calendar_date(value: str | None) -> str | None:
    """Year first or month first, never day first, never a timestamp; stored year first."""
    if not value:
        return value
    if match := ISO_DATE.fullmatch(value):
        year, month, day = map(int, match.groups())
    elif match := US_DATE.fullmatch(value):
        month, day, year = map(int, match.groups())
    else:
        raise PydanticCustomError("crm", "must be YYYY-MM-DD or MM-DD-YYYY")
    try:
        return dt.date(year, month, day).isoformat()
    except ValueError:
        raise PydanticCustomError("crm", "must be a valid date") from None


def _finite(value: Any) -> Any:
    """JSON has no infinity, but a reader makes one of 1e999."""
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, float) and not math.isfinite(value):
        raise PydanticCustomError("crm", "must be a finite number")
    for item in inner if isinstance(value, dict | list) else ():
        _finite(item)
    return value


ZONES = frozenset(zoneinfo.available_timezones())
Country = Annotated[str, AfterValidator(_known_country)]
Zone = Annotated[str | None, AfterValidator(_known_zone)]
BirthDate = Annotated[str | None, AfterValidator(_calendar_date)]


ABSENT: Any = None  # not sent; writes dump what was set, so it is never read, and null is refused


class Body(BaseModel):
    """A request's body: strict, closed, in the vendor's spelling."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)


class ChannelBody(Body):
    """Do-not-disturb of one channel; ``active`` blocks."""

    status: Literal["active", "inactive", "permanent"]
    message: str | None = None
    code: str | None = None


class ChannelsBody(Body):
    """``dndSettings``."""

    model_config = ConfigDict(alias_generator=None)

    Call: ChannelBody = ABSENT
    Email: ChannelBody = ABSENT
    SMS: ChannelBody = ABSENT
    WhatsApp: ChannelBody = ABSENT
    GMB: ChannelBody = ABSENT
    FB: ChannelBody = ABSENT


class InboundBody(Body):
    """One channel's inbound setting; there is no ``permanent``."""

    status: Literal["active", "inactive"]
    message: str | None = None


class InboundChannelsBody(Body):
    """``inboundDndSettings``: one switch for all channels."""

    all: InboundBody


class CustomFieldBody(BaseModel):
    """An item of ``customFields``; by ``id`` or by ``key``."""

    model_config = ConfigDict(strict=True, extra="forbid")

    id: str = ""
    key: str = ""
    field_value: Annotated[Any, AfterValidator(_finite)] = None


class WriteBody(Body):
    """What every write of a contact has in common."""

    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str = ABSENT
    country: Country = ABSENT
    website: str | None = None
    timezone: Zone = None
    dnd: bool = ABSENT
    dnd_settings: ChannelsBody = ABSENT
    inbound_dnd_settings: InboundChannelsBody = ABSENT
    tags: list[str] = ABSENT
    custom_fields: list[CustomFieldBody] = ABSENT
    date_of_birth: BirthDate = None


class UpsertBody(WriteBody):
    """``POST /contacts/upsert``."""

    location_id: str
    gender: str = ABSENT
    source: str = ABSENT
    company_name: str | None = None
    assigned_to: str = ABSENT
    create_new_if_duplicate_allowed: bool = False


class CreateBody(WriteBody):
    """``POST /contacts/``."""

    location_id: str
    gender: str = ABSENT
    source: str = ABSENT
    company_name: str | None = None
    assigned_to: str | None = None


class UpdateBody(WriteBody):
    """``PUT /contacts/{id}``: without locationId, companyName and gender."""

    source: str | None = None
    assigned_to: str | None = None


class TagsBody(Body):
    """``POST`` and ``DELETE /contacts/{id}/tags``."""

    tags: list[str]


class BulkTagsBody(Body):
    """``POST /contacts/bulk/tags/update/{add|remove}``."""

    contacts: list[str]
    tags: list[str]
    location_id: str
    remove_all_tags: bool = False


class FilterBody(Body):
    """A condition of a search, or a group of them."""

    group: Literal["AND", "OR"] | None = None
    filters: list["FilterBody"] = Field(default_factory=list)
    field: Literal["email", "phone"] | None = None
    operator: Literal["eq", "not_eq", "contains", "not_contains", "exists", "not_exists"] = "eq"
    value: str | list[str] | None = None


class SortBody(Body):
    """An order of a search."""

    field: Literal["dateAdded", "dateUpdated"]
    direction: Literal["asc", "desc"] = "desc"


class SearchBody(Body):
    """``POST /contacts/search``; ``page`` or ``searchAfter``, not both."""

    location_id: str
    page_limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = 20
    page: Annotated[int, Field(ge=1)] | None = None
    search_after: list[int | float | str] | None = None
    filters: list[FilterBody] = Field(default_factory=list)
    sort: list[SortBody] = Field(default_factory=list)
    query: str | None = None
