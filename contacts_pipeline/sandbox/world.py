"""All that the sandbox holds: locations, tokens, meters, faults and the log.

One object, changed only by the event loop's thread, so a request that doesn't wait
between reading and writing is atomic by itself.
"""

import random
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from contacts_pipeline.sandbox.answers import bad_request
from contacts_pipeline.sandbox.contacts import PLAIN_FIELDS, Contact, LocationStore, Write
from contacts_pipeline.sandbox.faults import FaultPlan, Faults
from contacts_pipeline.sandbox.identity import stored_email, stored_phone
from contacts_pipeline.sandbox.journal import Journal
from contacts_pipeline.sandbox.limits import Meter
from contacts_pipeline.sandbox.options import SandboxOptions
from contacts_pipeline.sandbox.search import SearchIndex
from contacts_pipeline.sandbox.tokens import Grant, Tokens

SEEDED = 0  # in place of a request's number
ID_BYTES = 15  # twenty letters and digits, as the vendor's ids
_LETTERS_ALONE = b"aZ"  # in place of the plus and the slash of Base64


class World:
    """A CRM with everything in it."""

    dirty: set[str]

    def __init__(self, options: SandboxOptions) -> None:
        self.options = options
        self.rules = options.rules
        self.journal = Journal(options.log_limit)
        self.faults = FaultPlan(options.faults)
        self._empty()

    def reset(self) -> None:
        """Back to the start; the state file must learn of what is gone."""
        gone = self.dirty | self.home.keys()
        self._empty()
        self.dirty = gone
        self.journal.clear()
        self.set_faults(self.options.faults)

    def _empty(self) -> None:
        options = self.options
        self.stores = {location.id: LocationStore(location) for location in options.locations}
        self.indexes: dict[str, SearchIndex] = {}
        self._open_indexes()
        self.tokens = Tokens(options)
        self.meters: dict[tuple[str, str], Meter] = {}
        self.home: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.dirty = set()
        self.numbered = 0
        self._random = random.Random(options.seed)  # noqa: S311 - ids that repeat with a seed

    def now(self) -> float:
        """The CRM's clock, seconds."""
        return time.time() + self.options.clock_ahead_seconds

    def set_faults(self, faults: Faults) -> None:
        """Put other faults in force; what an earlier fault revoked or used up is given back."""
        self.faults = FaultPlan(faults)
        self.tokens.revoked.clear()
        for meter in self.meters.values():
            meter.give_back_day()

    def meter(self, grant: Grant, location_id: str) -> Meter:
        """The meter of an app at a location."""
        key = (grant.app, location_id)
        if key not in self.meters:
            self.meters[key] = Meter(self.stores[location_id].settings, self.options)
        return self.meters[key]

    def contact(self, contact_id: str) -> Contact:
        """A contact by id.

        Raises:
            RefusedError: there is none; the vendor answers 400, not 404 (field report).
        """
        if (home := self.home.get(contact_id)) is None:
            raise bad_request(f"Contact with id {contact_id} not found")
        return self.stores[home].contacts[contact_id]

    def new_contact(self, store: LocationStore, contact_id: str = "") -> Contact:
        """A contact with nothing in it yet; ``added`` takes it up once it is filled."""
        while not contact_id or contact_id in self.home:
            contact_id = b64encode(self._random.randbytes(ID_BYTES), _LETTERS_ALONE).decode()
        self.numbered += 1
        now = self.now()
        return Contact(contact_id, self.numbered, store.settings.id, now, now)

    def added(self, contact: Contact) -> None:
        """Take a filled contact up into its location."""
        self.stores[contact.location_id].put(contact)
        self.home[contact.id] = contact.location_id
        self.written(contact)

    def written(self, contact: Contact) -> None:
        """A contact has changed: search and the state file must learn of it."""
        self.indexes[contact.location_id].note(contact, self.now())
        self.dirty.add(contact.id)

    def removed(self, contact: Contact) -> None:
        """Delete a contact; search may go on to list it for a while."""
        self.stores[contact.location_id].remove(contact)
        self.indexes[contact.location_id].note(contact, self.now(), deleted=True)
        del self.home[contact.id]
        self.deleted.add(contact.id)
        self.dirty.add(contact.id)

    def record(self, contact: Contact, operation: str, fields: dict[str, Any]) -> None:
        """Add a request's effect to the contact's history."""
        if fields:
            contact.remember(Write(self.journal.upcoming, self.now(), operation, fields))

    def seed_contacts(
        self, location_id: str, given: Iterable[Mapping[str, Any]], *, lagging: bool = False
    ) -> list[str]:
        """Lay contacts down as they are, without the upsert's rules; returns their ids.

        Twins, additional emails and permanent channels come into being only this way.
        Search sees them at once, unless ``lagging``.
        """
        store = self.stores[location_id]
        ids = []
        for item in given:
            contact = self.new_contact(store, str(item.get("id") or ""))
            _fill(contact, item, store)
            contact.date_added = _seconds(item.get("dateAdded"), contact.date_added)
            contact.date_updated = _seconds(item.get("dateUpdated"), contact.date_updated)
            contact.remember(Write(SEEDED, self.now(), "seed", dict(item)))
            self.added(contact)
            ids.append(contact.id)
        if not lagging:
            self._open_indexes(location_id)
        return ids

    def state(self, *, ids: bool = True) -> dict[str, Any]:
        """The contacts of every location in a form that two runs can be compared by.

        Without ``ids``, contact ids, dates and order are left out of it.
        """
        return {
            "locations": {
                location_id: {"contacts": canonical(store, ids=ids)}
                for location_id, store in sorted(self.stores.items())
            }
        }

    def restored(self) -> None:
        """A state file has been read: search sees all of it."""
        self._open_indexes()

    def _open_indexes(self, *only: str) -> None:
        lag = self.rules.search_lag_ms / 1000
        fresh: dict[str, SearchIndex] = {
            name: SearchIndex(self.stores[name], lag) for name in only or self.stores
        }
        self.indexes.update(fresh)


def canonical(store: LocationStore, *, ids: bool) -> list[dict[str, Any]]:
    """A location's contacts, each with its lists sorted, and themselves in a fixed order."""
    contacts = []
    for contact in store:
        shown = contact.as_json()
        shown["tags"] = sorted(contact.tags)
        shown["customFields"] = sorted(shown["customFields"], key=lambda item: str(item["id"]))
        shown["additionalEmails"] = sorted(contact.additional_emails)
        if not ids:
            for volatile in ("id", "dateAdded", "dateUpdated"):
                del shown[volatile]
        contacts.append(shown)
    return sorted(contacts, key=repr if not ids else lambda shown: str(shown["id"]))


def _seconds(given: object, otherwise: float) -> float:
    return datetime.fromisoformat(given).timestamp() if isinstance(given, str) else otherwise


def _fill(contact: Contact, item: Mapping[str, Any], store: LocationStore) -> None:
    contact.values = {name: item[name] for name in PLAIN_FIELDS if item.get(name) is not None}
    if email := item.get("email"):
        contact.values["email"] = stored_email(email)
    if phone := item.get("phone"):
        contact.values["phone"] = stored_phone(phone, store.settings.country) or phone
    contact.tags = [tag.lower() for tag in item.get("tags", ())]
    contact.additional_emails = [stored_email(one) for one in item.get("additionalEmails", ())]
    contact.dnd_settings = dict(item.get("dndSettings") or {})
    contact.inbound_dnd = item.get("inboundDndSettings")
    for custom in item.get("customFields", ()):
        if definition := store.custom_field(custom.get("id", ""), custom.get("key", "")):
            contact.custom[definition.id] = custom.get("value", custom.get("field_value"))
