"""What is decided of an identity: the contact, the kind of request, or a hold and its code."""

from typing import Any

import pytest

from tests.plan.given import NEW, OLD
from tests.plan.relations import Relation, Table, of


def decide(out: Relation, policy: Any = None, **tables: Table) -> set[Any]:
    """Hold, contact and request of one identity with an email and a phone."""
    return decision_on(out, "hold contact_id request", policy, tables)


def reach(out: Relation, policy: Any = None, **tables: Table) -> set[Any]:
    """What becomes of its changes: hold, whether another contact is created, contact, request."""
    columns = "hold_of_changes creates_another contact_id request"
    return decision_on(out, columns, policy, tables)


def decision_on(out: Relation, columns: str, policy: Any, tables: dict[str, Table]) -> set[Any]:
    given: dict[str, Any] = {
        "claims": of("identity source_keys email_hash phone_hash", ("1", ["1"], "e1", "p1")),
        "unique_contacts": of("identity email phone", ("1", "a@b.org", "+1")),
        "policy": [policy or {}],
    }
    return out("decisions", columns, **(given | tables))


def own(contact_id: str, conflict: str | None = None) -> Table:
    return of("identity contact_id conflict", ("1", contact_id, conflict))


def holding(contact_id: str, value: str, *, is_certain: bool = True) -> Table:
    kind = "email" if value[0] == "e" else "phone"
    return of("contact_id kind value is_certain", (contact_id, kind, value, is_certain))


PHONE_ONLY: dict[str, Table] = {
    "claims": of("identity source_keys phone_hash", ("1", ["1"], "p1")),
    "unique_contacts": of("identity phone", ("1", "+1")),
}


def test_unknown_contact_is_created_and_a_known_one_updated(out: Relation) -> None:
    assert decide(out) == {(None, None, "upsert")}
    found = {"own_contacts": own("a"), "contact_holdings": holding("a", "p1")}
    assert decide(out, **found) == {(None, "a", "upsert")}


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        ("hold", ("changed_email", False, "a", "upsert")),
        ("create", (None, True, "a", "upsert")),
        ("update_by_id", (None, False, "a", "update")),
    ],
)
def test_contact_that_the_crm_will_not_find(
    out: Relation, policy: str, decision: tuple[Any, ...]
) -> None:
    changed = {"own_contacts": own("a"), "contact_holdings": holding("a", "e9")}
    assert reach(out, {"changed_email": policy}, **changed) == {decision}


def test_changed_phone_of_a_contact_without_email_is_held_as_such(out: Relation) -> None:
    rows = reach(out, None, own_contacts=own("a"), **PHONE_ONLY)
    assert rows == {("changed_phone", False, "a", "upsert")}


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        ("hold", ("unsettled", False, "a", "upsert")),
        ("create", ("unsettled", False, "a", "upsert")),
        ("update_by_id", (None, False, "a", "update")),
    ],
)
def test_contact_that_an_unsettled_request_may_have_changed(
    out: Relation, policy: str, decision: tuple[Any, ...]
) -> None:
    maybe = {
        "own_contacts": own("a"),
        "contact_holdings": holding("a", "e1", is_certain=False),
        "unsettled": of("identity contact_id intended_at", ("1", "a", OLD)),
    }
    assert reach(out, {"changed_email": policy}, **maybe) == {decision}


@pytest.mark.parametrize(("value", "hold"), [("e1", None), ("e9", "unsettled")])
@pytest.mark.parametrize("policy", ["hold", "create", "update_by_id"])
def test_unborn_contact_is_created_only_where_it_would_be_found(
    out: Relation, policy: str, value: str, hold: str | None
) -> None:
    unborn = {"own_contacts": own("?1"), "contact_holdings": holding("?1", value)}
    rows = reach(out, {"changed_email": policy}, **unborn)
    assert rows == {(hold, False, None, "upsert")}


@pytest.mark.parametrize(
    ("policy", "tables", "hold"),
    [
        ("withhold", {"own_contacts": own("a", "two_contacts")}, "two_contacts"),
        (
            "hold",
            {"phone_owners": of("identity phone_hash", ("1", "p1"))},
            "shared_phone",
        ),
        (
            "withhold",
            {"key_contacts": of("source_key contact_id is_deleted", ("1", "a", True))},
            "deleted_in_crm",
        ),
        (
            "withhold",
            PHONE_ONLY
            | {"withheld_values": of("identity field code", ("1", "phone", "value_taken"))},
            "value_taken",
        ),
        (
            "withhold",
            {
                "claims": of("identity source_keys hold", ("1", ["1"], "ambiguous_match")),
                "own_contacts": own("a", "two_contacts"),
            },
            "ambiguous_match",
        ),
    ],
)
def test_hold_and_its_code(out: Relation, policy: str, tables: dict[str, Table], hold: str) -> None:
    assert {row[0] for row in decide(out, {"shared": policy}, **tables)} == {hold}


def test_deleted_contact_does_not_hold_who_found_another(out: Relation) -> None:
    tables = {
        "key_contacts": of("source_key contact_id is_deleted", ("1", "a", True)),
        "own_contacts": own("b"),
        "contact_holdings": holding("b", "e1"),
    }
    assert decide(out, **tables) == {(None, "b", "upsert")}


@pytest.mark.parametrize(
    ("is_fresh", "contact_id", "proven"),
    [(True, None, True), (False, None, False), (True, "a", False), (True, "?1", False)],
)
def test_only_a_fresh_list_proves_that_there_is_no_contact(
    out: Relation, *, is_fresh: bool, contact_id: str | None, proven: bool
) -> None:
    rows = out(
        "decisions",
        "proven_absent",
        also="sendable_contacts",
        locations=[{"is_fresh": is_fresh}],
        claims=of("identity source_keys email_hash", ("1", ["1"], "e1")),
        unique_contacts=of("identity email", ("1", "a@b.org")),
        own_contacts=own(contact_id) if contact_id else [],
        contact_holdings=holding(contact_id, "e1") if contact_id else [],
    )
    assert rows == {proven}


def test_earlier_request_to_the_own_contact_is_named(out: Relation) -> None:
    rows = out(
        "decisions",
        "unsettled_since unsettled_identities",
        also="sendable_contacts",
        claims=of("identity source_keys email_hash", ("1", ["1"], "e1")),
        unique_contacts=of("identity email", ("1", "a@b.org")),
        own_contacts=own("a"),
        unsettled=of(
            "identity contact_id intended_at",
            ("1", "a", OLD),
            ("0", "a", NEW),
            ("9", "z", NEW),
        ),
    )
    assert rows == {(NEW, ("0", "1"))}


def test_who_sends_the_same_keys_settles_a_create_that_came_to_nothing(out: Relation) -> None:
    rows = out(
        "decisions",
        "contact_id unsettled_since unsettled_identities",
        also="sendable_contacts",
        claims=of("identity source_keys email_hash", ("1", ["1", "2"], "e1"), ("3", ["3"], "e3")),
        unique_contacts=of("identity email", ("1", "a@b.org"), ("3", "c@b.org")),
        unsettled=of(
            "identity contact_id source_keys intended_at is_shown",
            ("2", "?2", ["2"], OLD, True),
            ("3", "?3", ["3"], NEW, False),
            ("9", "?9", ["9"], OLD, True),
        ),
    )
    assert rows == {(None, None, ("2",)), (None, None, ())}
