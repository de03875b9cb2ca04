"""Worlds played: what a ledger knows of them, their plans, and the requests over real HTTP."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from contacts_pipeline.sandbox import RunningSandbox
from tests.lengths import PHASES, ROUNDS
from tests.plan.bench import Bench
from tests.plan.given import Row, contact, location
from tests.plan.worlds import LIST_AGE, MATCHES, Held, World, identities, worlds

NOW = datetime.fromisoformat("2026-01-10T12:00")
THEIRS = "theirs"  # a tag that people have set in the CRM
EACH_KIND = 3
PLACES = {
    f"{match.replace(',', '-then-')}.{number}": match
    for number in range(EACH_KIND)
    for match in MATCHES
}
worlds_of_all_kinds = st.tuples(*(worlds(place, match) for place, match in PLACES.items()))
policies = st.fixed_dictionaries(
    {
        "tags": st.sampled_from(["add", "overwrite", "skip"]),
        "shared": st.sampled_from(["withhold", "merge", "hold"]),
        "changed_email": st.sampled_from(["hold", "create", "update_by_id"]),
        "crm_edits": st.sampled_from(
            ["overwrite", "keep", "hold", {"default": "keep", "fields": {"phone": "overwrite"}}]
        ),
        "deleted_in_crm": st.sampled_from(["hold", "recreate"]),
    }
)


@dataclass
class Stage:
    """What an example plays on; emptied before each."""

    crm: RunningSandbox
    bench: Bench
    pool: ThreadPoolExecutor


@dataclass(frozen=True)
class Answer:
    """What the CRM said to a row's request; without one, the contact whose tags were added.

    ``contact`` is None where an update by id names a contact that is not there.
    """

    new: bool
    contact: dict[str, Any] | None


def is_sent(row: Row) -> bool:
    return row["action"] in {"create", "update"}


def learn(bench: Bench, chosen: Sequence[World]) -> None:
    """Write down in the ledger what is known of each world, in the order in which it was."""
    bench.forget()
    for world in chosen:
        for held in sorted(world.held, key=lambda one: one.age, reverse=True):
            if held.keys is not None:
                fields = {"email": held.recorded_email, "phone": held.recorded_phone}
                bench.acknowledge(
                    held.id,
                    *held.keys,
                    location_id=world.location_id,
                    known_at=NOW - timedelta(hours=held.age),
                    **{name: value for name, value in fields.items() if value},
                )
        for request in world.pending:
            bench.leave_unsettled(
                *request.keys,
                contact_id=request.contact_id,
                email=request.email,
                phone=request.phone,
                location_id=world.location_id,
                intended_at=NOW,
            )


def plan(bench: Bench, chosen: Sequence[World], policy: dict[str, Any]) -> dict[str, list[Row]]:
    locations, contacts = [], []
    for world in chosen:
        here = location(world.location_id, match=world.match)
        if world.knowledge != "ledger":
            shown = [
                one for one in world.held if not one.deleted and world.knowledge == "fresh list"
            ]
            here = bench.listed(
                here,
                *(
                    {
                        "contact_id": one.id,
                        "email": one.email,
                        "phone": one.phone,
                        "additional_emails": [one.further_email] if one.further_email else [],
                    }
                    for one in (*shown, *world.gossip)
                ),
                at=NOW - timedelta(hours=LIST_AGE),
                fresh=world.knowledge == "fresh list",
            )
        locations.append(here)
        contacts += [
            contact(
                *one["keys"],
                location_id=world.location_id,
                first_name=one["name"],
                email=one["email"],
                phone=one["phone"],
                hold=one["hold"],
                tags=["t"],
                updated_at=NOW - timedelta(hours=one["age"]),
            )
            for one in people(world, policy).values()
        ]
    bench.plan_all(locations, contacts, policy)
    return {world.location_id: bench.rows(world.location_id) for world in chosen}


def people(world: World, policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = identities(world, merge=policy["shared"] == "merge")
    return {one["identity"]: one for one in found}


def seed_crm(crm: RunningSandbox, chosen: Sequence[World]) -> None:
    crm.reset()
    for world in chosen:
        if seeds := [seed_of(one) for one in truth(world)]:
            crm.seed_contacts(world.location_id, seeds)


def truth(world: World) -> list[Held]:
    """What the CRM really holds when the plan is carried out."""
    contacts = {one.id: one for one in world.held if not one.deleted}
    for number, request in enumerate(world.pending):
        if not request.applied:
            continue
        contact_id = request.contact_id or f"{world.location_id}-p{number}"
        before = contacts.get(contact_id, Held(contact_id, f"Pending{number}", None, None))
        contacts[contact_id] = Held(
            contact_id,
            before.name,
            request.email or before.email,
            request.phone or before.phone,
            further_email=before.further_email,
        )
    return list(contacts.values())


def seed_of(one: Held) -> dict[str, Any]:
    fields = {"id": one.id, "firstName": one.name, "email": one.email, "phone": one.phone}
    further = {"additionalEmails": [one.further_email]} if one.further_email else {}
    return {"tags": [THEIRS], **further} | {name: value for name, value in fields.items() if value}


def send(crm: RunningSandbox, row: Row) -> Answer:
    """Do what a row says, its tags last, as the push does."""
    contact_id = row["contact_id"]
    if row["body"] is not None:
        if row["request"] == "upsert":
            reply = crm.call("POST", "/contacts/upsert", row["body"])
        else:
            reply = crm.call("PUT", f"/contacts/{contact_id}", row["body"])
        if reply.status == 400 and row["request"] == "update" and "not found" in reply.text:
            return Answer(new=False, contact=None)
        assert reply.status == 200, reply.text
        answer = Answer(reply.json.get("new", False), reply.json["contact"])
        contact_id = reply.json["contact"]["id"]
    else:
        answer = Answer(new=False, contact={"id": contact_id})
    if row["add_tags"]:
        path = f"/contacts/{contact_id}/tags"
        reply = crm.call("POST", path, {"tags": row["add_tags"]})
        assert reply.status == 201, reply.text
    return answer


LONG = settings(
    max_examples=40 * ROUNDS,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)
