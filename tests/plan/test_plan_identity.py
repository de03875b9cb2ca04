"""Whose contact is it, and who may send what: each relation as a case table."""

from datetime import datetime
from typing import Any

import pytest

from tests.plan.bench import LISTED, NEW, OLD, hashed
from tests.plan.relations import Relation, Table, of


def acknowledged(*rows: tuple[Any, ...]) -> Table:
    return of("contact_id email_hash phone_hash known_at", *rows)


def test_list_is_read_in_the_form_of_the_warehouse(out: Relation) -> None:
    rows = out(
        "listed_contacts",
        "contact_id email_hash phone_hash",
        also="crm_contacts",
        listed_phones=of("text phone", ("(202) 555-0102", "+12025550102")),
        listed_rows=of(
            "contact_id email phone",
            ("a", " Ada@Example.com ", "+1 (202) 555-0101"),
            ("b", None, "n/a"),
            ("c", None, "(202) 555-0102"),
        ),
    )
    assert rows == {
        ("a", hashed("email", "ada@example.com"), hashed("phone", "+12025550101")),
        ("b", None, None),
        ("c", None, hashed("phone", "+12025550102")),
    }


@pytest.mark.parametrize(("known_at", "holds"), [(OLD, "listed"), (NEW, "acknowledged")])
def test_newer_of_list_and_ledger_says_what_a_contact_holds(
    out: Relation, known_at: datetime, holds: str
) -> None:
    rows = out(
        "known_contacts",
        "contact_id email_hash",
        locations=[{"listed_at": LISTED}],
        listed_contacts=of("contact_id email_hash", ("a", "listed")),
        acknowledged_contacts=acknowledged(("a", "acknowledged", None, known_at)),
    )
    assert rows == {("a", holds)}


def test_of_what_was_written_after_a_list_was_begun_it_knows_nothing_whatever_clocks_say(
    out: Relation,
) -> None:
    def held(changes: int) -> set[Any]:
        return out(
            "known_contacts",
            "contact_id email_hash",
            locations=[{"listed_at": LISTED, "listed_changes": 7}],
            listed_contacts=of("contact_id email_hash", ("a", "listed")),
            acknowledged_contacts=[
                row | {"changes": changes} for row in acknowledged(("a", "acknowledged", None, OLD))
            ],
        )

    assert (held(7), held(8)) == ({("a", "listed")}, {("a", "acknowledged")})


def test_list_of_unknown_age_says_nothing_against_the_ledger(out: Relation) -> None:
    rows = out(
        "known_contacts",
        "contact_id email_hash",
        listed_contacts=of("contact_id email_hash", ("a", "listed"), ("b", "other")),
        acknowledged_contacts=acknowledged(("a", "acknowledged", None, OLD)),
    )
    assert rows == {("a", "acknowledged"), ("b", "other")}


@pytest.mark.parametrize(
    ("is_fresh", "known_at", "is_deleted"),
    [(True, OLD, True), (True, NEW, False), (False, OLD, False)],
)
def test_contact_missing_from_a_fresh_list_is_deleted(
    out: Relation, *, is_fresh: bool, known_at: datetime, is_deleted: bool
) -> None:
    rows = out(
        "known_contacts",
        "contact_id email_hash is_deleted",
        locations=[{"is_fresh": is_fresh, "listed_at": LISTED}],
        acknowledged_contacts=acknowledged(("a", "e", None, known_at)),
    )
    assert rows == {("a", None if is_deleted else "e", is_deleted)}


def test_of_two_contacts_with_one_value_the_last_seen_holds_it(out: Relation) -> None:
    rows = out(
        "known_contacts",
        "contact_id email_hash phone_hash",
        acknowledged_contacts=acknowledged(("a", "e", "p", OLD), ("b", "e", None, NEW)),
        locations=[{"listed_at": LISTED}],
        listed_contacts=of("contact_id phone_hash", ("c", "p")),
    )
    assert rows == {("a", None, None), ("b", "e", None), ("c", None, "p")}


def test_values_seen_at_once_or_where_duplicates_are_allowed_stay_with_both(out: Relation) -> None:
    twins = of("contact_id email_hash", ("a", "e"), ("b", "e"))
    assert out("known_contacts", "contact_id email_hash", listed_contacts=twins) == {
        ("a", "e"),
        ("b", "e"),
    }
    rows = out(
        "known_contacts",
        "contact_id email_hash",
        locations=[{"allows_duplicates": True}],
        acknowledged_contacts=acknowledged(("a", "e", None, OLD), ("b", "e", None, NEW)),
    )
    assert rows == {("a", "e"), ("b", "e")}


def test_fields_outside_match_are_no_match_values(out: Relation) -> None:
    only_email = [{"matches_phone": False}]
    ledger = acknowledged(("a", "e", "p", OLD), ("b", "f", "p", NEW))
    assert out(
        "known_contacts",
        "contact_id email_hash phone_hash",
        locations=only_email,
        acknowledged_contacts=ledger,
    ) == {("a", "e", None), ("b", "f", None)}
    claimed = of("identity source_keys email phone", ("1", ["1"], "a@b.org", "+12025550101"))
    assert out(
        "claims", "identity email_hash phone_hash", locations=only_email, unique_contacts=claimed
    ) == {("1", hashed("email", "a@b.org"), None)}


def test_claims_are_hashed_as_the_ledger_hashes(out: Relation) -> None:
    claimed = of("identity source_keys email phone", ("1", ["1"], "a@b.org", "+12025550101"))
    assert out("claims", "identity email_hash phone_hash", unique_contacts=claimed) == {
        ("1", hashed("email", "a@b.org"), hashed("phone", "+12025550101"))
    }


@pytest.mark.parametrize(
    ("predicted", "email", "phone", "about"),
    [
        ("x", "e", "p", "x"),
        (None, "e", "p", "by-email"),
        (None, "new", "p", "by-phone"),
        (None, "new", None, "?1"),
    ],
)
def test_unsettled_request_is_about_the_contact_it_leads_to(
    out: Relation, predicted: str | None, email: str, phone: str | None, about: str
) -> None:
    rows = out(
        "unsettled",
        "identity contact_id source_keys is_shown",
        unsettled_requests=of(
            "identity source_keys predicted_contact_id email_hash phone_hash intended_at",
            ("1", '["1", "2"]', predicted, email, phone, NEW),
        ),
        known_contacts=of(
            "contact_id email_hash phone_hash", ("by-email", "e", None), ("by-phone", None, "p")
        ),
    )
    assert rows == {("1", about, ("1", "2"), False)}


@pytest.mark.parametrize(("intended_at", "is_shown"), [(OLD, True), (NEW, False)])
def test_list_that_is_newer_than_a_request_shows_its_fate(
    out: Relation, intended_at: datetime, *, is_shown: bool
) -> None:
    rows = out(
        "unsettled",
        "is_shown",
        locations=[{"listed_at": LISTED}],
        unsettled_requests=of("identity email_hash intended_at", ("1", "e", intended_at)),
    )
    assert rows == {is_shown}


def test_key_belongs_to_the_contact_that_was_written_for_it_last(out: Relation) -> None:
    rows = out(
        "key_contacts",
        "source_key contact_id is_deleted",
        known_contacts=of(
            "contact_id source_keys known_at is_deleted",
            ("a", ["1", "2", "3"], OLD, False),
            ("b", ["2"], LISTED, True),
        ),
        unsettled=of(
            "contact_id source_keys intended_at is_shown",
            ("?3", ["3"], NEW, False),
            ("?1", ["1"], NEW, True),
        ),
    )
    assert rows == {("1", "a", False), ("2", "b", True), ("3", "?3", False)}


def test_contact_of_an_unsettled_request_holds_the_values_of_every_state(out: Relation) -> None:
    rows = out(
        "contact_holdings",
        "contact_id value is_certain",
        known_contacts=of(
            "contact_id email_hash phone_hash",
            ("a", "e1", "p1"),
            ("b", "e2", "p2"),
            ("c", "e3", None),
        ),
        unsettled=of(
            "contact_id email_hash phone_hash is_shown",
            ("a", "e9", "p1", False),
            ("b", None, "p9", False),
            ("?4", "e4", "p4", False),
            ("?4", "e5", "p4", False),
            ("c", "e6", None, True),
        ),
    )
    assert rows == {
        ("a", "e1", False),
        ("a", "e9", False),
        ("a", "p1", True),
        ("b", "e2", True),
        ("b", "p2", False),
        ("b", "p9", False),
        ("?4", "e4", False),
        ("?4", "e5", False),
        ("?4", "p4", True),
        ("c", "e3", True),
    }


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
