"""A contact on the wire: the body of ``POST /contacts/upsert``.

The one place that names the API's fields. Every relation of the pipeline calls a field
by its column (``first_name``), every body by its API name (``firstName``).
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Channel = Literal["Call", "Email", "SMS", "WhatsApp", "GMB", "FB"]
MatchField = Literal["email", "phone"]

CHANNEL_COLUMNS: dict[Channel, str] = {
    "Call": "dnd_call",
    "Email": "dnd_email",
    "SMS": "dnd_sms",
    "WhatsApp": "dnd_whatsapp",
    "GMB": "dnd_gmb",
    "FB": "dnd_fb",
}


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, extra="forbid")


class ChannelSetting(_Wire):
    """Do-not-disturb of one channel; ``active`` means that sending is blocked (field report)."""

    status: Literal["active", "inactive", "permanent"]
    message: str | None = None
    code: str | None = None


class InboundSettings(_Wire):
    """Do-not-disturb for what comes in; the API knows one switch for all channels."""

    all: ChannelSetting


class CustomField(_Wire):
    """The value of one custom field; ``id`` comes from ``GET /locations/{id}/customFields``."""

    model_config = ConfigDict(alias_generator=None)

    id: str
    field_value: str | float | bool | list[str]


class Contact(_Wire):
    """The upsert's body. A field that is None is omitted: the CRM leaves it as it is.

    Source: the vendor's OpenAPI of ``POST /contacts/upsert``, version 2021-07-28.
    """

    location_id: str
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    website: str | None = None
    timezone: str | None = None
    dnd: bool | None = None
    dnd_settings: dict[Channel, ChannelSetting] | None = None
    inbound_dnd_settings: InboundSettings | None = None
    tags: list[str] | None = None
    custom_fields: list[CustomField] | None = None
    source: str | None = None
    date_of_birth: str | None = None
    company_name: str | None = None
    assigned_to: str | None = None
    gender: str | None = None


NOT_MAPPED_AS_COLUMNS = {"location_id", "dnd_settings", "inbound_dnd_settings", "custom_fields"}
FIELD_COLUMNS: dict[str, str] = {
    to_camel(name): name for name in Contact.model_fields if name not in NOT_MAPPED_AS_COLUMNS
}
"""API field to column, for the fields that one warehouse column fills."""

TEXT_COLUMNS: tuple[str, ...] = (*FIELD_COLUMNS.values(), *CHANNEL_COLUMNS.values(), "inbound_dnd")
"""The text columns of ``warehouse_contacts``, in order, before ``custom_fields``."""

NOT_NULLABLE: frozenset[str] = frozenset({"postalCode", "country", "tags", "source"})
"""Fields that the API refuses as null, so that ``clear`` can't name them."""
