"""Rule 6: requests commute. Any order, and all at once, end in the same CRM, over real HTTP.

Beyond that, for every request: the CRM does what the plan said it would, and nothing happens to a
contact that the plan did not name.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.lengths import PHASES, ROUNDS
from tests.plan.bench import Bench, Row, contact, location
from tests.plan.worlds import (
    EMAILS,
    LIST_AGE,
    MATCHES,
    PHONES,
    Held,
    Pending,
    Source,
    World,
    identities,
    worlds,
)

NOW = datetime.fromisoformat("2026-01-10T12:00")
MOST_RUNS = 8
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


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    locations = [
        SandboxLocation.model_validate(
            {"id": place, "match": match, "burst_limit": 10**9, "daily_limit": 10**9}
        )
        for place, match in PLACES.items()
    ]
    with (
        running_sandbox(SandboxOptions(locations=tuple(locations))) as crm,
        ThreadPoolExecutor(8) as pool,
        built(tmp_path_factory.mktemp("plans")) as bench,
    ):
        yield Stage(crm, bench, pool)


@contextmanager
def built(folder: Path) -> Iterator[Bench]:
    bench = Bench.at(folder)
    yield bench
    bench.ledger.close()


def check(stage: Stage, chosen: Sequence[World], policy: dict[str, Any], seed: int) -> None:
    learn(stage.bench, chosen)
    plans = plan(stage.bench, chosen, policy)
    sent = [row for rows in plans.values() for row in rows if is_sent(row)]
    shuffled = random.Random(seed).sample(sent, len(sent))
    orders = [sent, sent[::-1], shuffled] if len(sent) > 1 else [sent]
    states = []
    for order in orders:
        seed_crm(stage.crm, chosen)
        answers = {name_of(row): send(stage.crm, row) for row in order}
        states.append(state(stage.crm))
        for world in chosen:
            rows = plans[world.location_id]
            with told(world, rows):
                judge(world, policy, rows, answers, states[-1][world.location_id])
    if len(sent) > 1:
        seed_crm(stage.crm, chosen)
        list(stage.pool.map(lambda row: send(stage.crm, row), shuffled))
        states.append(state(stage.crm))
    for world in chosen:
        with told(world, plans[world.location_id]):
            ends = [one[world.location_id] for one in states]
            assert all(end == ends[0] for end in ends), "the order of the requests matters"


@contextmanager
def told(world: World, rows: list[Row]) -> Iterator[None]:
    """A failure shows the one world that it is about, and its plan."""
    try:
        yield
    except AssertionError as error:
        columns = ("identity", "action", "hold", "contact_id", "request", "body", "warnings")
        plan_shown = [" ".join(str(row[name]) for name in columns) for row in rows]
        error.add_note("\n".join([str(world), *plan_shown]))
        raise


def is_sent(row: Row) -> bool:
    return row["action"] in {"create", "update"}


def name_of(row: Row) -> tuple[str, str]:
    return row["location_id"], row["identity"]


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


def state(crm: RunningSandbox) -> dict[str, list[dict[str, Any]]]:
    """The contacts of each location; those that were there keep their ids."""
    found = {}
    for place, held in crm.state()["locations"].items():
        contacts = []
        for one in held["contacts"]:
            kept = {"id", "firstName", "email", "phone", "tags"}
            shown = {name: value for name, value in one.items() if name in kept}
            is_old = place in one["id"]
            contacts.append(shown if is_old else {**shown, "id": "new"})
        found[place] = sorted(contacts, key=lambda one: json.dumps(one, sort_keys=True))
    return found


def judge(
    world: World,
    policy: dict[str, Any],
    rows: list[Row],
    answers: Mapping[tuple[str, str], Answer],
    after: list[dict[str, Any]],
) -> None:
    """Every request went where the plan said, and no contact took on another person's values."""
    persons = people(world, policy)
    before = {one.id: one for one in truth(world)}
    writers: dict[str, str] = {}
    for row in filter(is_sent, rows):
        answer = answers[name_of(row)]
        if answer.contact is None:
            assert world.knowledge == "stale list", "an update of a contact that is not there"
            continue
        contact_id = answer.contact["id"]
        assert contact_id not in writers, "two identities wrote to one contact"
        writers[contact_id] = row["identity"]
        foretold(world, row, contact_id, new=answer.new)
        if not answer.new:
            admit(world, before[contact_id], persons[row["identity"]])
    for one in after:
        old = before.get(one["id"])
        if old is None:
            person = next(
                person for person in persons.values() if person["name"] == one["firstName"]
            )
            assert one["email"] in {person["email"], None}
            assert one["phone"] in {person["phone"], None}
            continue
        assert THEIRS in one["tags"] or policy["tags"] == "overwrite", "a tag was wiped"
        writer = {"name": old.name, "email": old.email, "phone": old.phone}
        if old.id in writers:
            writer = persons[writers[old.id]]
        assert one["firstName"] in {writer["name"], old.name}, "another person's name"
        assert one["email"] in {writer["email"], old.email}, "another person's email"
        assert one["phone"] in {writer["phone"], old.phone}, "another person's phone"
        if "email" in world.match and old.further_email:
            assert one["email"] != old.further_email, "a primary email was lost"
    names = [one["firstName"] for one in after if one["id"] == "new"]
    assert len(names) == len(set(names)), "two contacts of one person"


def foretold(world: World, row: Row, contact_id: str, *, new: bool) -> None:
    """The CRM did what the plan said it would."""
    born = [
        f"{world.location_id}-p{number}"
        for number, request in enumerate(world.pending)
        if request.applied and request.contact_id is None
    ]
    if world.knowledge == "stale list":  # may be wrong about the id, never about the person
        assert new or contact_id in {row["contact_id"], *born}
    elif row["unsettled_since"] is not None and row["contact_id"] is None:
        assert born == ([] if new else [contact_id]), "a twin of an unsettled create"
    else:
        assert new == (row["action"] == "create"), "the prediction was wrong"
        assert new or contact_id == row["contact_id"], "the prediction named another contact"


def admit(world: World, target: Held, person: dict[str, Any]) -> None:
    """The contact is this person's: recorded for its keys, or its by email, or by phone."""
    if world.pending:
        return
    recorded: dict[str, str] = {}
    for one in sorted(world.held, key=lambda held: -held.age):
        recorded |= dict.fromkeys(one.keys or (), one.id)
    if target.id in {recorded.get(key) for key in person["keys"]}:
        return
    email_counts = "email" in world.match and person["email"]
    if email_counts:
        assert person["email"] in {target.email, target.further_email}, "somebody else's contact"
    else:
        assert target.phone == person["phone"], "somebody else's contact"


QUICK = settings(
    max_examples=10,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)
LONG = settings(QUICK, max_examples=30 * ROUNDS)


@QUICK
@given(chosen=worlds_of_all_kinds, policy=policies, seed=st.integers(0, 2**32))
def test_any_order_and_all_at_once_end_in_the_same_crm(
    stage: Stage, chosen: Sequence[World], policy: dict[str, Any], seed: int
) -> None:
    check(stage, chosen, policy, seed)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@given(chosen=worlds_of_all_kinds, policy=policies, seed=st.integers(0, 2**32))
def test_any_order_and_all_at_once_end_in_the_same_crm_at_length(
    stage: Stage, chosen: Sequence[World], policy: dict[str, Any], seed: int
) -> None:
    check(stage, chosen, policy, seed)


# A create of person 3 is in doubt, and holds the email that person 1 changes to. It stays in doubt
# when person 3 is written to another contact, which is recorded for the same key.
IN_DOUBT_BESIDE_ANOTHER_CONTACT = World(
    "phone-then-email.0",
    "phone,email",
    "ledger",
    held=(
        Held("phone-then-email.0-c0", "Held0", None, PHONES[0], ("3",), 0, None, PHONES[0]),
        Held("phone-then-email.0-c1", "Held1", EMAILS[1], None, ("1",), 1, EMAILS[1], None),
    ),
    pending=(Pending(("3",), None, EMAILS[0], None, applied=True),),
    sources=(Source("1", EMAILS[0], None, 0), Source("3", None, PHONES[0], 0)),
)
KEPT_BY_ID = {
    "tags": "skip",
    "shared": "withhold",
    "changed_email": "update_by_id",
    "crm_edits": "keep",
    "deleted_in_crm": "hold",
}


@settings(QUICK, max_examples=4)
@example(chosen=(IN_DOUBT_BESIDE_ANOTHER_CONTACT,), policy=KEPT_BY_ID)
@given(chosen=worlds_of_all_kinds, policy=policies)
def test_runs_come_to_rest(stage: Stage, chosen: Sequence[World], policy: dict[str, Any]) -> None:
    come_to_rest(stage, chosen, policy)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(LONG, max_examples=10 * ROUNDS)
@given(chosen=worlds_of_all_kinds, policy=policies)
def test_runs_come_to_rest_at_length(
    stage: Stage, chosen: Sequence[World], policy: dict[str, Any]
) -> None:
    come_to_rest(stage, chosen, policy)


def come_to_rest(stage: Stage, chosen: Sequence[World], policy: dict[str, Any]) -> None:
    """Planned and sent again and again with nothing new, there is soon nothing left to send."""
    learn(stage.bench, chosen)
    seed_crm(stage.crm, chosen)
    for run in range(1, MOST_RUNS + 1):
        plans = plan(stage.bench, chosen, policy)
        sent = [row for rows in plans.values() for row in rows if is_sent(row)]
        note(f"run {run}: {[(row['identity'], row['body']) for row in sent]}")
        answers = [(row, send(stage.crm, row).contact) for row in sent]
        taken = [(row, stored) for row, stored in answers if stored is not None]
        if not taken:
            return
        for row, stored in taken:
            stage.bench.answered(row, stored, at=NOW + timedelta(hours=run))
    raise AssertionError(f"still sending after {MOST_RUNS} runs")
