"""The contacts of one location, found by id, email or phone in constant time."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from contacts_pipeline.sandbox.options import SandboxCustomField, SandboxLocation

PLAIN_FIELDS = (
    "firstName", "lastName", "email", "phone", "address1", "city", "state", "postalCode",
    "country", "website", "timezone", "dnd", "source", "companyName", "dateOfBirth", "gender",
    "assignedTo",
)  # fmt: skip
HISTORY_LIMIT = 50  # writes kept a contact, so that a long soak doesn't grow without end


@dataclass(frozen=True, slots=True)
class Write:
    """One request's effect on one contact: which fields it set, and to what."""

    seq: int
    time: float
    operation: str
    fields: dict[str, Any]


@dataclass(slots=True)
class Contact:
    """A contact as the CRM holds it; values are keyed by the API's names."""

    id: str
    number: int
    location_id: str
    date_added: float
    date_updated: float
    values: dict[str, str | bool | None] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    custom: dict[str, Any] = field(default_factory=dict)
    dnd_settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    inbound_dnd: dict[str, Any] | None = None
    additional_emails: list[str] = field(default_factory=list)
    history: list[Write] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The contact on the wire, every field present."""
        values = self.values
        first, last = values.get("firstName"), values.get("lastName")
        names = " ".join(str(part) for part in (first, last) if part)
        return {
            "id": self.id,
            "locationId": self.location_id,
            "name": values.get("name") or names or None,
            **{name: values.get(name) for name in PLAIN_FIELDS},
            "dnd": bool(values.get("dnd")),
            "tags": self.tags,
            "customFields": [{"id": id_, "value": value} for id_, value in self.custom.items()],
            "dndSettings": self.dnd_settings,
            "inboundDndSettings": self.inbound_dnd,
            "additionalEmails": self.additional_emails,
            "dateAdded": iso_time(self.date_added),
            "dateUpdated": iso_time(self.date_updated),
        }

    def remember(self, write: Write) -> None:
        """Append to the history, which forgets its oldest writes."""
        self.history.append(write)
        if len(self.history) > HISTORY_LIMIT:
            del self.history[0]

    @property
    def emails(self) -> tuple[str, ...]:
        """Every address that leads here, the primary first."""
        primary = self.values.get("email")
        return (*((str(primary),) if primary else ()), *self.additional_emails)


class LocationStore:
    """One location: its settings, its contacts, and the two indexes that find duplicates."""

    def __init__(self, settings: SandboxLocation) -> None:
        self.settings = settings
        self.custom_by_id = {item.id: item for item in settings.custom_fields}
        self.custom_by_key = {item.key: item for item in settings.custom_fields}
        self.contacts: dict[str, Contact] = {}
        self.generation = 0
        self._by: dict[str, defaultdict[str, dict[str, None]]] = {
            "email": defaultdict(dict),
            "phone": defaultdict(dict),
        }

    def __iter__(self) -> Iterator[Contact]:
        return iter(self.contacts.values())

    def holders(self, match_field: str, value: str) -> list[str]:
        """Ids of the contacts with this email or phone, oldest first."""
        found = self._by[match_field].get(value)
        return list(found) if found else []

    def put(self, contact: Contact) -> None:
        """Add a contact, and index it."""
        self.contacts[contact.id] = contact
        for name, value in _keys(contact):
            self._by[name][value][contact.id] = None
        self.generation += 1

    def remove(self, contact: Contact) -> None:
        """Take a contact out, and out of the indexes."""
        del self.contacts[contact.id]
        for name, value in _keys(contact):
            self._forget(name, value, contact.id)
        self.generation += 1

    def reindex(self, contact: Contact, before: list[tuple[str, str]]) -> None:
        """Bring the indexes up to date after a write; ``before`` is ``keys`` of before it."""
        self.generation += 1
        after = _keys(contact)
        if after == before:
            return
        for name, value in before:
            if (name, value) not in after:
                self._forget(name, value, contact.id)
        for name, value in after:
            self._by[name][value][contact.id] = None

    def keys(self, contact: Contact) -> list[tuple[str, str]]:
        """The values under which a contact is found."""
        return _keys(contact)

    def custom_field(self, id_: str, key: str) -> SandboxCustomField | None:
        """The definition that an item of ``customFields`` names, by id or by key."""
        by_key = key.removeprefix("contact.")
        return self.custom_by_id.get(id_) or self.custom_by_key.get(by_key)

    def _forget(self, name: str, value: str, contact_id: str) -> None:
        holders = self._by[name][value]
        holders.pop(contact_id, None)
        if not holders:
            del self._by[name][value]


def iso_time(seconds: float) -> str:
    """A time as the vendor writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _keys(contact: Contact) -> list[tuple[str, str]]:
    keys = [("email", email) for email in contact.emails]
    if phone := contact.values.get("phone"):
        keys.append(("phone", str(phone)))
    return keys
