"""From a body to a contact: what each field of a write means.

``changes_of`` turns a body into the values to be stored, or refuses; ``write_changes``
stores them. Each rule's source and certainty stand in ``rules``.
"""

from dataclasses import dataclass, field
from typing import Any

from contacts_pipeline.sandbox.answers import RefusedError, bad_request, unprocessable
from contacts_pipeline.sandbox.bodies import WriteBody
from contacts_pipeline.sandbox.contacts import Contact, LocationStore
from contacts_pipeline.sandbox.custom_fields import stored_custom_fields
from contacts_pipeline.sandbox.identity import is_email, stored_email, stored_phone
from contacts_pipeline.sandbox.options import SandboxRules

NOT_VALUES = frozenset({
    "locationId", "tags", "customFields", "dndSettings", "inboundDndSettings",
    "createNewIfDuplicateAllowed",
})  # fmt: skip


@dataclass(slots=True)
class Changes:
    """What a write will store: plain values by API name, and the parts with rules of their own."""

    values: dict[str, Any] = field(default_factory=dict)
    tags: list[str] | None = None
    custom: dict[str, Any] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] | None = None
    inbound: dict[str, Any] | None = None


def changes_of(body: WriteBody, store: LocationStore, rules: SandboxRules) -> Changes:
    """Read a body's meaning.

    Raises:
        RefusedError: a value that the CRM refuses the whole request for.
    """
    given = body.model_dump(by_alias=True, exclude_unset=True)
    changes = Changes()
    for name, value in given.items():
        if name in NOT_VALUES:
            continue
        if value is None and rules.null == "ignored":
            continue
        if value == "" and rules.empty == "ignored":
            continue
        changes.values[name] = value or None if isinstance(value, str) else value
    _read_identity(changes.values, store, rules)
    _read_name(changes.values, rules)
    _read_user(changes.values, store, rules)
    if "tags" in given:
        changes.tags = stored_tags(given["tags"])
    if "customFields" in given:
        changes.custom = stored_custom_fields(given["customFields"], store, rules)
    changes.channels = given.get("dndSettings")
    changes.inbound = given.get("inboundDndSettings")
    return changes


def stored_tags(tags: list[str]) -> list[str]:
    """Lower-cased and trimmed, each once."""
    return list(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))


def refuse_permanent(contact: Contact, changes: Changes) -> None:
    """Refuse a change to a channel that is permanently blocked: 400, with 401 in the body."""
    for channel, setting in (changes.channels or {}).items():
        held = contact.dnd_settings.get(channel, {})
        if held.get("status") == "permanent" and setting["status"] != "permanent":
            message = f"Cannot update DND settings of {channel}: it is permanent"
            raise RefusedError(400, message, body_status=401)


def write_changes(contact: Contact, changes: Changes, rules: SandboxRules) -> dict[str, Any]:
    """Store the changes; returns what differs from before, by API name."""
    differs: dict[str, Any] = {}
    email = changes.values.get("email")
    if email in contact.additional_emails:
        contact.additional_emails.remove(email)
    for name, value in changes.values.items():
        if contact.values.get(name) != value:
            contact.values[name] = differs[name] = value
    if changes.tags is not None and changes.tags != contact.tags:
        contact.tags = differs["tags"] = changes.tags
    differs |= _write_custom(contact, changes)
    differs |= _write_dnd(contact, changes, rules)
    return differs


def _write_custom(contact: Contact, changes: Changes) -> dict[str, Any]:
    differs = {}
    for id_, value in changes.custom.items():
        if contact.custom.get(id_) != value:
            differs[f"customFields.{id_}"] = value
        if value is None:
            contact.custom.pop(id_, None)
        else:
            contact.custom[id_] = value
    return differs


def _write_dnd(contact: Contact, changes: Changes, rules: SandboxRules) -> dict[str, Any]:
    differs = {}
    if changes.channels is not None:
        kept = contact.dnd_settings if rules.channels == "merged" else {}
        merged = {**kept, **changes.channels}
        if merged != contact.dnd_settings:
            contact.dnd_settings = differs["dndSettings"] = merged
    if changes.inbound is not None and changes.inbound != contact.inbound_dnd:
        contact.inbound_dnd = differs["inboundDndSettings"] = changes.inbound
    return differs


def _read_identity(values: dict[str, Any], store: LocationStore, rules: SandboxRules) -> None:
    if email := values.get("email"):
        values["email"] = stored_email(email)
        if rules.bad_email == "refused" and not is_email(values["email"]):
            raise unprocessable("email must be an email")
    if phone := values.get("phone"):
        stored = stored_phone(phone, store.settings.country)
        if stored is not None:
            values["phone"] = stored
        elif rules.bad_phone == "refused":
            raise bad_request("Invalid phone number")
        else:
            del values["phone"]


def _read_name(values: dict[str, Any], rules: SandboxRules) -> None:
    """A full name is only read where neither part is given."""
    if "name" not in values or rules.full_name == "kept":
        return
    full = values.pop("name")
    if "firstName" in values or "lastName" in values:
        return
    first, _, last = (full or "").strip().partition(" ")
    values["firstName"] = first or None
    values["lastName"] = last.strip() or None


def _read_user(values: dict[str, Any], store: LocationStore, rules: SandboxRules) -> None:
    user = values.get("assignedTo")
    if user is None or not store.settings.users or user in store.settings.users:
        return
    if rules.unknown_user == "refused":
        raise bad_request("assignedTo is not a user of this location")
    if rules.unknown_user == "dropped":
        del values["assignedTo"]
