"""Whose contact is it, and who may send what: each relation as a case table."""

from typing import Any

import pytest

from tests.plan.given import NEW, OLD
from tests.plan.relations import Relation, Table, of


def holdings(*rows: tuple[str, str]) -> Table:
    """Contact and value; ``e`` begins an email, ``p`` a phone."""
    kinds = {"e": "email", "p": "phone"}
    return [
        {"contact_id": contact, "kind": kinds[value[0]], "value": value} for contact, value in rows
    ]


CLAIMS = "identity source_keys email_hash phone_hash"


@pytest.mark.parametrize(
    ("claims", "keys", "held", "own"),
    [
        pytest.param(
            [("1", ["1"], "e1", "p1")],
            [("1", "a")],
            [("b", "e1"), ("c", "p1")],
            {("1", "a", "key", None)},
            id="key before email",
        ),
        pytest.param(
            [("1", ["1"], "e1", "p1")],
            [],
            [("b", "e1"), ("c", "p1")],
            {("1", "b", "email", None)},
            id="email before phone",
        ),
        pytest.param(
            [("1", ["1"], "e1", "p1")],
            [],
            [("c", "p1")],
            set(),
            id="phone of a contact without the email is somebody else's",
        ),
        pytest.param(
            [("1", ["1"], None, "p1")],
            [],
            [("c", "p1")],
            {("1", "c", "phone", None)},
            id="phone where there is no email",
        ),
        pytest.param(
            [("1", ["1", "2"], "e1", None)],
            [("1", "a"), ("2", "b")],
            [],
            {("1", "a", "key", "two_contacts")},
            id="merged since the last push",
        ),
        pytest.param(
            [("1", ["1"], "e2", "p1"), ("2", ["2"], "e1", "p1")],
            [("1", "a"), ("2", "a")],
            [("a", "e1"), ("a", "p1")],
            {("2", "a", "key", None)},
            id="split since the last push: who keeps the email keeps the contact",
        ),
        pytest.param(
            [("1", ["1"], "e2", "p2"), ("2", ["2"], "e3", "p1")],
            [("1", "a"), ("2", "a")],
            [("a", "e1"), ("a", "p1")],
            {("2", "a", "key", None)},
            id="split: else who keeps the phone",
        ),
        pytest.param(
            [("1", ["1"], "e1", None)],
            [],
            [("a", "e1"), ("b", "e1")],
            {("1", "a", "email", "several_contacts")},
            id="duplicates in the CRM",
        ),
        pytest.param(
            [("1", ["1"], "e2", None), ("2", ["2"], "e1", None)],
            [("1", "a")],
            [("a", "e1")],
            {("1", "a", "key", None)},
            id="a contact is one identity's",
        ),
    ],
)
def test_own_contact(
    out: Relation,
    claims: list[tuple[Any, ...]],
    keys: list[tuple[str, str]],
    held: list[tuple[str, str]],
    own: set[Any],
) -> None:
    rows = out(
        "own_contacts",
        "identity contact_id found_by conflict",
        claims=of(CLAIMS, *claims),
        key_contacts=of("source_key contact_id", *keys),
        contact_holdings=holdings(*held),
    )
    assert rows == own


def test_deleted_contact_is_nobodys_own(out: Relation) -> None:
    rows = out(
        "own_contacts",
        "identity contact_id",
        claims=of(CLAIMS, ("1", ["1"], "e1", None)),
        key_contacts=of("source_key contact_id is_deleted", ("1", "a", True)),
    )
    assert rows == set()


@pytest.mark.parametrize(
    ("claims", "own", "owner"),
    [
        pytest.param([("1", OLD, None), ("2", NEW, None)], [], "2", id="newest"),
        pytest.param([("1", None, None), ("2", OLD, None)], [], "2", id="no time is last"),
        pytest.param([("2", OLD, None), ("1", OLD, None)], [], "1", id="tie to the smallest"),
        pytest.param([("1", OLD, None), ("2", NEW, None)], [("1", "a", None)], "1", id="holder"),
        pytest.param(
            [("1", OLD, None), ("2", NEW, None)],
            [("2", "b", "two_contacts")],
            "1",
            id="who can be sent",
        ),
        pytest.param([("1", OLD, None), ("2", NEW, "held")], [], None, id="held: not shared"),
        pytest.param(
            [("1", NEW, None), ("2", OLD, "held")], [("2", "a", None)], "2", id="held, but holds it"
        ),
    ],
)
def test_shared_phone_goes_to_one_owner(
    out: Relation, claims: list[Any], own: list[Any], owner: str | None
) -> None:
    rows = out(
        "phone_owners",
        "phone_hash identity",
        claims=[one | {"phone_hash": "p1"} for one in of("identity updated_at hold", *claims)],
        own_contacts=of("identity contact_id conflict", *own),
        contact_holdings=holdings(("a", "p1")),
    )
    assert rows == ({("p1", owner)} if owner else set())


@pytest.mark.parametrize(
    ("own", "held", "owners", "withheld"),
    [
        pytest.param([("1", "a")], [("a", "e1"), ("a", "p1")], [], set(), id="all one's own"),
        pytest.param([], [("b", "p1")], [], {("1", "phone", "value_taken", "b")}, id="taken"),
        pytest.param(
            [("1", "a")],
            [("a", "e1"), ("b", "p1")],
            [],
            {("1", "phone", "value_taken", "b")},
            id="split match names the other",
        ),
        pytest.param(
            [("1", "a")],
            [("b", "e1"), ("c", "p1")],
            [],
            {("1", "email", "value_taken", "b"), ("1", "phone", "value_taken", "c")},
            id="both",
        ),
        pytest.param([], [], ["2"], {("1", "phone", "shared_phone", "2")}, id="shared"),
        pytest.param(
            [],
            [("b", "p1")],
            ["2"],
            {("1", "phone", "shared_phone", "2")},
            id="shared before taken",
        ),
        pytest.param(
            [("1", "a")],
            [("a", "e1"), ("b", "e1")],
            [],
            {("1", "email", "value_taken", "b")},
            id="a twin has it too",
        ),
    ],
)
def test_values_that_lead_elsewhere_are_withheld(
    out: Relation, own: list[Any], held: list[Any], owners: list[str], withheld: set[Any]
) -> None:
    rows = out(
        "withheld_values",
        "identity field code holder",
        claims=of(CLAIMS, ("1", ["1"], "e1", "p1")),
        own_contacts=of("identity contact_id", *own),
        contact_holdings=holdings(*held),
        phone_owners=of("phone_hash identity", *(("p1", owner) for owner in owners)),
    )
    assert rows == withheld
