"""What a contact is known to hold, by the list, the ledger and requests of unclear fate."""

from datetime import datetime
from typing import Any

import pytest

from tests.plan.given import LISTED, NEW, OLD, hashed
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
