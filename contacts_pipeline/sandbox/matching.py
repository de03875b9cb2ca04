"""Which contact an upsert finds: the location's sequence of email and phone, in order."""

from collections.abc import Mapping
from dataclasses import dataclass

from contacts_pipeline.sandbox.contacts import Contact, LocationStore
from contacts_pipeline.sandbox.options import SandboxRules


@dataclass(frozen=True, slots=True)
class Match:
    """The contact found, and by which field."""

    contact: Contact
    field: str


def find_duplicate(
    store: LocationStore, values: Mapping[str, object], rules: SandboxRules
) -> Match | None:
    """The contact with the payload's value of the first field of the sequence that has one."""
    for name in store.settings.sequence:
        value = values.get(name)
        if value and (holders := store.holders(name, str(value))):
            contacts = [store.contacts[holder] for holder in holders]
            pick = min if rules.several_matches == "oldest" else max
            return Match(pick(contacts, key=lambda contact: contact.number), name)
    return None


def ignored_fields(
    store: LocationStore, contact: Contact, values: Mapping[str, object]
) -> tuple[str, ...]:
    """The match fields of the payload that another contact holds: they are not stored."""
    ignored = []
    for name in store.settings.sequence:
        value = values.get(name)
        if value:
            holders = store.holders(name, str(value))
            if holders and contact.id not in holders:
                ignored.append(name)
    return tuple(ignored)
