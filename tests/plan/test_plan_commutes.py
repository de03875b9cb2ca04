"""Rule 6: requests commute. Any order, and all at once, end in the same CRM, over real HTTP.

Beyond that, for every request: the CRM does what the plan said it would, and nothing happens to a
contact that the plan did not name.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_pipeline.sandbox import RunningSandbox
from tests.plan.given import Row
from tests.plan.stage import (
    LONG,
    THEIRS,
    Answer,
    Stage,
    is_sent,
    learn,
    people,
    plan,
    policies,
    seed_crm,
    send,
    truth,
    worlds_of_all_kinds,
)
from tests.plan.worlds import Held, World


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


def name_of(row: Row) -> tuple[str, str]:
    return row["location_id"], row["identity"]


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


@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@given(chosen=worlds_of_all_kinds, policy=policies, seed=st.integers(0, 2**32))
def test_any_order_and_all_at_once_end_in_the_same_crm(
    stage: Stage, chosen: Sequence[World], policy: dict[str, Any], seed: int
) -> None:
    check(stage, chosen, policy, seed)
