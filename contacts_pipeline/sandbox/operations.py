"""The endpoints that read and write one contact."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from contacts_pipeline.sandbox.answers import (
    Answer,
    bad_request,
    invalid_body,
    succeed,
    unprocessable,
)
from contacts_pipeline.sandbox.bodies import CreateBody, UpdateBody, UpsertBody
from contacts_pipeline.sandbox.contacts import Contact, LocationStore
from contacts_pipeline.sandbox.gate import Admission, Call
from contacts_pipeline.sandbox.identity import stored_email, stored_phone
from contacts_pipeline.sandbox.matching import Match, find_duplicate, ignored_fields
from contacts_pipeline.sandbox.world import World
from contacts_pipeline.sandbox.writes import Changes, changes_of, refuse_permanent, write_changes

Model = TypeVar("Model", bound=BaseModel)
NO_IDENTITY = "Either email or phone is required"
NO_DUPLICATES = "This location does not allow duplicated contacts."


def upsert(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /contacts/upsert``: update what the sequence finds, or create."""
    body, store, changes = _read_upsert(world, call, admission)
    match = None
    if not (body.create_new_if_duplicate_allowed and store.settings.allow_duplicates):
        match = find_duplicate(store, changes.values, world.rules)
    return store_upsert(world, store, changes, match)


def find_for_upsert(world: World, call: Call, admission: Admission) -> Match | None:
    """What an upsert would find now, for the race of two upserts of one identity."""
    _, store, changes = _read_upsert(world, call, admission)
    return find_duplicate(store, changes.values, world.rules)


def upsert_found(world: World, call: Call, admission: Admission, match: Match | None) -> Answer:
    """The second half of a raced upsert: write by what was found before."""
    body, store, changes = _read_upsert(world, call, admission)
    if body.create_new_if_duplicate_allowed and store.settings.allow_duplicates:
        match = None
    elif match is not None and match.contact.id not in store.contacts:
        match = find_duplicate(store, changes.values, world.rules)
    return store_upsert(world, store, changes, match)


def store_upsert(
    world: World, store: LocationStore, changes: Changes, match: Match | None
) -> Answer:
    """Write to the contact that was found, or to a new one."""
    if match is None:
        contact = _create(world, store, changes, "upsert")
    else:
        contact = match.contact
        refuse_permanent(contact, changes)
        for name in ignored_fields(store, contact, changes.values):
            del changes.values[name]
        changes.values.pop("gender", None)
        _update(world, store, contact, changes, "upsert")
    new = match is None
    return succeed(
        200,
        {"new": new, "contact": contact.as_json()},
        applied=True,
        new=new,
        contact_id=contact.id,
    )


def create(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /contacts/``: refused where a duplicate exists and the location allows none."""
    body = parse(CreateBody, call.payload)
    store = located(admission)
    changes = changes_of(body, store, world.rules)
    if not store.settings.allow_duplicates:
        match = find_duplicate(store, changes.values, world.rules)
        if match is not None:
            meta = {"contactId": match.contact.id, "matchingField": match.field}
            raise bad_request(NO_DUPLICATES, meta=meta)
    contact = _create(world, store, changes, "create")
    return succeed(201, {"contact": contact.as_json()}, applied=True, contact_id=contact.id)


def get(world: World, call: Call, _admission: Admission) -> Answer:
    """``GET /contacts/{id}``."""
    contact = world.contact(call.params["contact_id"])
    return succeed(200, {"contact": contact.as_json()}, contact_id=contact.id)


def update(world: World, call: Call, _admission: Admission) -> Answer:
    """``PUT /contacts/{id}``: by id, whatever the match fields would find."""
    contact = world.contact(call.params["contact_id"])
    store = world.stores[contact.location_id]
    changes = changes_of(parse(UpdateBody, call.payload), store, world.rules)
    if world.rules.put_duplicate == "refused" and not store.settings.allow_duplicates:
        for name in ignored_fields(store, contact, changes.values):
            holder = store.holders(name, str(changes.values[name]))[0]
            raise bad_request(NO_DUPLICATES, meta={"contactId": holder, "matchingField": name})
    refuse_permanent(contact, changes)
    _update(world, store, contact, changes, "update")
    shown = {"succeded": True, "contact": contact.as_json()}
    return succeed(200, shown, applied=True, contact_id=contact.id)


def delete(world: World, call: Call, _admission: Admission) -> Answer:
    """``DELETE /contacts/{id}``."""
    contact = world.contact(call.params["contact_id"])
    world.removed(contact)
    return succeed(200, {"succeded": True}, applied=True, contact_id=contact.id)


def search_duplicate(world: World, call: Call, admission: Admission) -> Answer:
    """``GET /contacts/search/duplicate``: the location's own match, by email and number."""
    if not call.query.get("locationId"):
        raise unprocessable("locationId must be a string")
    store = located(admission)
    if world.rules.duplicate_search_lags:
        store = world.indexes[store.settings.id].at(call.arrived)
    number = call.query.get("number", "")
    asked = {
        "email": stored_email(call.query.get("email", "")),
        "phone": stored_phone(number, store.settings.country) or "",
    }
    match = find_duplicate(store, asked, world.rules)
    if match is None:
        return succeed(200, {"contact": None})
    return succeed(200, {"contact": match.contact.as_json()}, contact_id=match.contact.id)


def parse(model: type[Model], payload: object) -> Model:
    """A body as its model.

    Raises:
        RefusedError: 422, one message a property.
    """
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid_body(error) from None


def located(admission: Admission) -> LocationStore:
    """The location that the gate found.

    Raises:
        RefusedError: 422, the request names none.
    """
    if admission.location is None:
        raise unprocessable("locationId must be a string")
    return admission.location


def _read_upsert(
    world: World, call: Call, admission: Admission
) -> tuple[UpsertBody, LocationStore, Changes]:
    body = parse(UpsertBody, call.payload)
    store = located(admission)
    changes = changes_of(body, store, world.rules)
    if not changes.values.get("email") and not changes.values.get("phone"):
        raise bad_request(NO_IDENTITY)
    return body, store, changes


def _create(world: World, store: LocationStore, changes: Changes, operation: str) -> Contact:
    contact = world.new_contact(store)
    differs = write_changes(contact, changes, world.rules)
    world.record(contact, operation, differs)
    world.added(contact)
    return contact


def _update(
    world: World, store: LocationStore, contact: Contact, changes: Changes, operation: str
) -> None:
    before = store.keys(contact)
    differs = write_changes(contact, changes, world.rules)
    contact.date_updated = world.now()
    store.reindex(contact, before)
    world.record(contact, operation, differs)
    world.written(contact)
