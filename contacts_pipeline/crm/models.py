"""What the CRM answers, as far as this client reads it; unknown keys are let through."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Answer(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, validate_by_name=True)


class StoredContact(_Answer):
    """A contact as the CRM holds it; its other fields are in ``model_extra``."""

    id: str
    email: str | None = None
    phone: str | None = None

    def value(self, field: str) -> Any:
        """The value of the API field ``field``, or None."""
        return getattr(self, field, None)


class Upserted(_Answer):
    """``POST /contacts/upsert`` and ``PUT /contacts/{id}``."""

    new: bool = False
    contact: StoredContact
    trace_id: str | None = Field(None, alias="traceId")


class Duplicate(_Answer):
    """``GET /contacts/search/duplicate``; ``contact`` is None where nothing matches."""

    contact: StoredContact | None = None


class ContactPage(_Answer):
    """A page of ``POST /contacts/search``."""

    contacts: list[StoredContact]
    total: int | None = None


class LocationSettings(_Answer):
    """``allow_duplicate_contact`` is None where the CRM does not say."""

    allow_duplicate_contact: bool | None = Field(None, alias="allowDuplicateContact")


class LocationDetails(_Answer):
    """A location of ``GET /locations/{id}``; its duplicate rule's sequence is in no endpoint."""

    settings: LocationSettings = LocationSettings()


class LocationAnswer(_Answer):
    """``GET /locations/{id}``."""

    location: LocationDetails


class TagsAdded(_Answer):
    """``POST /contacts/{id}/tags``."""

    tags: list[str] = Field(default_factory=list)


class CustomFieldDefinition(_Answer):
    """An item of ``GET /locations/{id}/customFields``; ``field_key`` starts with ``contact.``."""

    id: str
    field_key: str = Field(alias="fieldKey")
    data_type: str = Field("TEXT", alias="dataType")
    picklist_options: list[Any] | None = Field(None, alias="picklistOptions")
    allows_other: bool = Field(default=False, alias="isAllowedCustomOption")


class CustomFields(_Answer):
    """``GET /locations/{id}/customFields``."""

    custom_fields: list[CustomFieldDefinition] = Field(alias="customFields")
