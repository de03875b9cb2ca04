"""What the CRM answers, as far as this client reads it; unknown keys are let through.

Plain classes over the JSON document where one is made for every request of a push.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from contacts_pipeline.crm.errors import without_values


class NotAnAnswer(ValueError):
    """JSON that lacks what the endpoint promises; says nothing of the values."""


@dataclass(frozen=True, slots=True, repr=False)
class StoredContact:
    """A contact as the CRM holds it. Its ``repr`` shows no values."""

    id: str
    fields: Mapping[str, Any]

    @classmethod
    def of(cls, document: object) -> Self:
        """Read a contact; it has an id."""
        fields = _object(document, "a contact")
        return cls(_text(fields, "id"), fields)

    @property
    def email(self) -> str | None:
        """The primary address."""
        return _optional_text(self.fields, "email")

    @property
    def phone(self) -> str | None:
        """In E.164."""
        return _optional_text(self.fields, "phone")

    @property
    def custom_values(self) -> dict[str, str]:
        """Custom field's id to value as JSON, a whole number without its fraction; no empty ones.

        In the order of the CRM.
        """
        items = self.fields.get("customFields")
        found: dict[str, str] = {}
        for item in items if isinstance(items, list) else ():
            value = item.get("value") if isinstance(item, dict) else None
            if value is None or value == "" or not isinstance(item.get("id"), str):
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            found[item["id"]] = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return found

    def value(self, field: str) -> Any:
        """The value of the API field ``field``, or None."""
        return self.fields.get(field)

    def __repr__(self) -> str:
        return f"StoredContact({self.id!r})"


@dataclass(frozen=True, slots=True)
class Upserted:
    """``POST /contacts/upsert``, ``PUT /contacts/{id}``, ``GET /contacts/{id}``."""

    new: bool
    contact: StoredContact
    trace_id: str | None

    @classmethod
    def of(cls, document: object) -> Self:
        """Read an answer; ``new`` is absent where nothing can be created."""
        answer = _object(document, "an answer")
        new = answer.get("new", False)
        if not isinstance(new, bool):
            raise NotAnAnswer("'new' is no boolean")
        return cls(new, StoredContact.of(answer.get("contact")), _optional_text(answer, "traceId"))


@dataclass(frozen=True, slots=True)
class Duplicate:
    """``GET /contacts/search/duplicate``; ``contact`` is None where nothing matches."""

    contact: StoredContact | None

    @classmethod
    def of(cls, document: object) -> Self:
        """Read an answer."""
        contact = _object(document, "an answer").get("contact")
        return cls(None if contact is None else StoredContact.of(contact))


@dataclass(frozen=True, slots=True)
class ContactPage:
    """A page of ``POST /contacts/search``."""

    contacts: tuple[StoredContact, ...]
    total: int | None

    @classmethod
    def of(cls, document: object) -> Self:
        """Read a page."""
        page = _object(document, "a page")
        total = page.get("total")
        contacts = tuple(StoredContact.of(one) for one in _list(page, "contacts"))
        return cls(contacts, total if isinstance(total, int) else None)


@dataclass(frozen=True, slots=True)
class LocationSettings:
    """``allow_duplicate_contact`` is None where the CRM does not say."""

    allow_duplicate_contact: bool | None = None


@dataclass(frozen=True, slots=True)
class LocationDetails:
    """A location of ``GET /locations/{id}``; its duplicate rule's sequence is in no endpoint."""

    settings: LocationSettings = LocationSettings()


@dataclass(frozen=True, slots=True)
class LocationAnswer:
    """``GET /locations/{id}``."""

    location: LocationDetails

    @classmethod
    def of(cls, document: object) -> Self:
        """Read an answer; what it does not say of the settings stays unknown."""
        location = _object(_object(document, "an answer").get("location"), "a location")
        settings = location.get("settings")
        allowed = settings.get("allowDuplicateContact") if isinstance(settings, dict) else None
        known = LocationSettings(allowed if isinstance(allowed, bool) else None)
        return cls(LocationDetails(known))


@dataclass(frozen=True, slots=True)
class TagsAdded:
    """``POST /contacts/{id}/tags``."""

    @classmethod
    def of(cls, document: object) -> Self:
        """Any object will do: that the CRM answered is all that is asked."""
        _object(document, "an answer")
        return cls()


@dataclass(frozen=True, slots=True)
class BulkTagsAdded:
    """``POST /contacts/bulk/tags/update/add``: a result a contact inside the 201.

    ``refused`` maps a contact's id to the CRM's word for it, less the values that it quotes; what
    is in neither is not told of.
    """

    succeeded: frozenset[str]
    refused: Mapping[str, str]

    @classmethod
    def of(cls, document: object) -> Self:
        """Read the results; one that names no contact is left out."""
        succeeded, refused = set(), {}
        results = _object(document, "an answer").get("responses")
        for result in results if isinstance(results, list) else ():
            one = result if isinstance(result, dict) else {}
            contact_id = one.get("contactId")
            if not isinstance(contact_id, str):
                continue
            if one.get("type") == "success":
                succeeded.add(contact_id)
            else:
                refused[contact_id] = without_values(one.get("message")) or "no reason given"
        return cls(frozenset(succeeded), refused)


class _Kept(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, validate_by_name=True)

    @classmethod
    def of(cls, document: object) -> Self:
        """Read an answer; a ``ValueError`` says what it lacks."""
        return cls.model_validate(document)


class CustomFieldDefinition(_Kept):
    """An item of ``GET /locations/{id}/customFields``; ``field_key`` starts with ``contact.``."""

    id: str
    field_key: str = Field(alias="fieldKey")
    data_type: str = Field("TEXT", alias="dataType")
    picklist_options: list[Any] | None = Field(None, alias="picklistOptions")
    allows_other: bool = Field(default=False, alias="isAllowedCustomOption")


class CustomFields(_Kept):
    """``GET /locations/{id}/customFields``."""

    custom_fields: list[CustomFieldDefinition] = Field(alias="customFields")


def _object(document: object, what: str) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise NotAnAnswer(f"{what} is no object")
    return document


def _list(document: Mapping[str, Any], key: str) -> Iterable[object]:
    value = document.get(key)
    if not isinstance(value, list):
        raise NotAnAnswer(f"{key!r} is no list")
    return value


def _text(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str) or not value:
        raise NotAnAnswer(f"{key!r} is no text")
    return value


def _optional_text(document: Mapping[str, Any], key: str) -> str | None:
    value = document.get(key)
    return value if isinstance(value, str) else None
