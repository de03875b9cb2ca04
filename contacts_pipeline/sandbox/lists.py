"""The endpoints about tags, searches, locations, users and tokens."""

from collections.abc import Callable
from typing import Any

from contacts_pipeline.sandbox.answers import Answer, RefusedError, bad_request, succeed
from contacts_pipeline.sandbox.bodies import BulkTagsBody, SearchBody, TagsBody
from contacts_pipeline.sandbox.contacts import Contact, LocationStore
from contacts_pipeline.sandbox.gate import NO_ACCESS, Admission, Call
from contacts_pipeline.sandbox.operations import located, parse
from contacts_pipeline.sandbox.search import search_after, search_page
from contacts_pipeline.sandbox.world import World
from contacts_pipeline.sandbox.writes import stored_tags

NOT_A_REFRESH = "This refresh token is invalid"


def add_tags(world: World, call: Call, _admission: Admission) -> Answer:
    """``POST /contacts/{id}/tags``: 201 with all tags, and those that are new."""
    contact = world.contact(call.params["contact_id"])
    added = _add(world, contact, parse(TagsBody, call.payload).tags)
    shown = {"tags": contact.tags, "tagsAdded": added}
    return succeed(201, shown, applied=True, contact_id=contact.id)


def remove_tags(world: World, call: Call, _admission: Admission) -> Answer:
    """``DELETE /contacts/{id}/tags``."""
    contact = world.contact(call.params["contact_id"])
    removed = _remove(world, contact, parse(TagsBody, call.payload).tags)
    shown = {"tags": contact.tags, "tagsRemoved": removed}
    return succeed(200, shown, applied=True, contact_id=contact.id)


def bulk_add_tags(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /contacts/bulk/tags/update/add``: 201 with a result a contact."""
    body = parse(BulkTagsBody, call.payload)

    def change(contact: Contact) -> dict[str, Any]:
        return {"tagsAdded": _add(world, contact, body.tags), "tagsRemoved": []}

    return _bulk(world, body, located(admission), change)


def bulk_remove_tags(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /contacts/bulk/tags/update/remove``; ``removeAllTags`` empties the contacts."""
    body = parse(BulkTagsBody, call.payload)

    def change(contact: Contact) -> dict[str, Any]:
        tags = list(contact.tags) if body.remove_all_tags else body.tags
        return {"tagsAdded": [], "tagsRemoved": _remove(world, contact, tags)}

    return _bulk(world, body, located(admission), change)


def search(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /contacts/search``."""
    body = parse(SearchBody, call.payload)
    store = located(admission)
    page, total = search_page(world.indexes[store.settings.id], body, call.arrived)
    field = body.sort[0].field if body.sort else "dateAdded"
    rows = [{**one.as_json(), "searchAfter": search_after(one, field)} for one in page]
    return succeed(200, {"contacts": rows, "total": total})


def location(world: World, call: Call, _admission: Admission) -> Answer:
    """``GET /locations/{id}``: says whether duplicates are allowed, never the sequence."""
    store = world.stores.get(call.params["location_id"])
    if store is None:
        raise bad_request("Location not found")
    settings = store.settings
    shown = {
        "id": settings.id,
        "companyId": settings.company_id,
        "name": settings.name or settings.id,
        "country": settings.country,
        "settings": {"allowDuplicateContact": settings.allow_duplicates},
    }
    return succeed(200, {"location": shown})


def custom_fields(_world: World, _call: Call, admission: Admission) -> Answer:
    """``GET /locations/{id}/customFields``."""
    store = located(admission)
    shown = [
        {
            "id": field.id,
            "name": field.name or field.key,
            "model": "contact",
            "fieldKey": f"contact.{field.key}",
            "dataType": field.data_type,
            "position": position * 50,
            "locationId": store.settings.id,
            **(
                {
                    "picklistOptions": list(field.picklist),
                    "isAllowedCustomOption": field.allows_other,
                }
                if field.picklist
                else {}
            ),
        }
        for position, field in enumerate(store.settings.custom_fields)
    ]
    return succeed(200, {"customFields": shown})


def users(_world: World, _call: Call, admission: Admission) -> Answer:
    """``GET /users/?locationId=``."""
    shown = [
        {"id": user, "name": user, "email": f"{user}@example.com", "deleted": False}
        for user in located(admission).settings.users
    ]
    return succeed(200, {"users": shown})


def refresh_token(world: World, call: Call, _admission: Admission) -> Answer:
    """``POST /oauth/token`` with ``grant_type=refresh_token``: each refresh token works once."""
    form = call.payload
    if form.get("grant_type") != "refresh_token":
        raise bad_request("Unsupported grant type")
    issued = world.tokens.refresh(
        form.get("client_id", ""),
        form.get("client_secret", ""),
        form.get("refresh_token", ""),
        call.arrived,
    )
    if issued is None:
        raise bad_request(NOT_A_REFRESH, error_description=NOT_A_REFRESH)
    return succeed(200, issued, applied=True)


def location_token(world: World, call: Call, admission: Admission) -> Answer:
    """``POST /oauth/locationToken``: an agency's token for a location's."""
    location_id = call.payload.get("locationId", "")
    grant = admission.grant
    store = world.stores.get(location_id)
    if grant is None or store is None or call.payload.get("companyId") != grant.company_id:
        raise RefusedError(403, NO_ACCESS)
    shown = {
        "access_token": world.tokens.issue_for_location(grant, location_id, call.arrived),
        "token_type": "Bearer",
        "expires_in": world.options.access_token_seconds,
        "scope": "contacts.write contacts.readonly",
        "locationId": location_id,
        "planId": "sandbox-plan",
        "userId": "sandbox-user",
    }
    return succeed(201, shown, applied=True)


def _bulk(
    world: World,
    body: BulkTagsBody,
    store: LocationStore,
    change: Callable[[Contact], dict[str, Any]],
) -> Answer:
    responses: list[dict[str, Any]] = []
    for contact_id in body.contacts:
        if (contact := store.contacts.get(contact_id)) is None:
            absence = _absence(world, contact_id)
            responses.append({"contactId": contact_id, "message": absence, "type": "error"})
            continue
        result = {"contactId": contact_id, "message": "Tags updated", "type": "success"}
        responses.append({**result, "oldTags": list(contact.tags), **change(contact)})
    errors = sum(response["type"] == "error" for response in responses)
    shown = {"succeded": True, "errorCount": errors, "responses": responses}
    return succeed(201, shown, applied=errors < len(responses))


def _add(world: World, contact: Contact, tags: list[str]) -> list[str]:
    added = [tag for tag in stored_tags(tags) if tag not in contact.tags]
    _retag(world, contact, [*contact.tags, *added])
    return added


def _remove(world: World, contact: Contact, tags: list[str]) -> list[str]:
    asked = stored_tags(tags)
    removed = [tag for tag in contact.tags if tag in asked]
    _retag(world, contact, [tag for tag in contact.tags if tag not in asked])
    return removed


def _retag(world: World, contact: Contact, tags: list[str]) -> None:
    if tags != contact.tags:
        contact.tags = tags
        contact.date_updated = world.now()
        world.stores[contact.location_id].generation += 1
        world.record(contact, "tags", {"tags": tags})
        world.written(contact)


def _absence(world: World, contact_id: str) -> str:
    if contact_id in world.deleted:
        return "contact is deleted"
    if contact_id in world.home:
        return "contact does not belong to location"
    return "contact id is not a valid firebase id"
