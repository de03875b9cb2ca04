"""Whole plans: what happened since the last push, and what the plan makes of it."""

import json
from typing import Any

import pytest

from tests.plan.bench import Bench
from tests.plan.given import NEW, OLD, body, contact, location

ADA, BOB = "ada@example.com", "bob@example.com"
P1, P2 = "+12025550101", "+12025550102"
NEW_ADA = "ada@example.org"


def test_swapped_phones_are_exchanged_in_two_runs_through_nobody(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, phone=P1)
    bench.acknowledge("b", "2", email=BOB, phone=P2)
    rows = bench.plan(contact("1", email=ADA, phone=P2), contact("2", email=BOB, phone=P1))
    assert [row["warnings"][0]["code"] for row in rows.values()] == ["value_taken"] * 2
    assert {row["warnings"][0]["detail"] for row in rows.values()} == {"a", "b"}
    assert {row["action"] for row in rows.values()} == {"unchanged"}


def test_moved_phone_follows_once_it_is_free(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, phone=P1)
    bench.acknowledge("b", "2", email=BOB)
    moved = [contact("1", email=ADA, phone=P2), contact("2", email=BOB, phone=P1)]
    rows = bench.plan(*moved)
    assert body(rows["1"]) == {"email": ADA, "phone": P2}
    assert (rows["2"]["action"], rows["2"]["warnings"][0]["detail"]) == ("unchanged", "a")
    bench.acknowledge_plan(bench.rows(), known_at=NEW)
    assert body(bench.plan(*moved)["2"]) == {"email": BOB, "phone": P1}


@pytest.mark.parametrize("match", ["email,phone", "phone,email"])
def test_split_match_names_both_contacts(bench: Bench, match: str) -> None:
    bench.acknowledge("a", email=ADA)
    bench.acknowledge("b", phone=P1)
    row = bench.plan(contact("1", email=ADA, phone=P1, city="Rome"), at=location(match=match))["1"]
    assert (row["action"], row["contact_id"]) == ("update", "a")
    assert row["warnings"] == [{"code": "value_taken", "field": "phone", "detail": "b"}]
    assert "phone" not in body(row)


@pytest.mark.parametrize(
    ("policy", "action", "hold", "contact_id", "request_"),
    [
        ("hold", "hold", "changed_email", "a", None),
        ("create", "create", None, None, "upsert"),
        ("update_by_id", "update", None, "a", "update"),
    ],
)
def test_changed_email(
    bench: Bench,
    policy: str,
    action: str,
    hold: str | None,
    contact_id: str | None,
    request_: str | None,
) -> None:
    bench.acknowledge("a", "1", email=ADA, companyName="Old")
    changed = contact("1", email=NEW_ADA, company_name="New", gender="female")
    row = bench.plan(changed, changed_email=policy)["1"]
    assert (row["action"], row["hold"], row["contact_id"], row["request"]) == (
        action,
        hold,
        contact_id,
        request_,
    )


def test_update_by_id_leaves_what_it_takes_not_to_the_next_upsert(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, companyName="Old")
    changed = contact("1", email=NEW_ADA, company_name="New", gender="female")
    row = bench.plan(changed, changed_email="update_by_id")["1"]
    assert json.loads(row["body"]) == {"email": NEW_ADA}
    bench.acknowledge_plan(bench.rows())
    row = bench.plan(changed, changed_email="update_by_id")["1"]
    assert (row["request"], row["changed_fields"]) == ("upsert", ["companyName", "gender"])
    bench.acknowledge_plan(bench.rows())
    assert bench.plan(changed)["1"]["action"] == "unchanged"


def test_changed_email_that_the_phone_still_leads_to_is_an_update(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, phone=P1)
    row = bench.plan(contact("1", email=NEW_ADA, phone=P1))["1"]
    assert (row["action"], row["contact_id"]) == ("update", "a")


def test_old_email_stays_reserved_while_its_contact_has_it(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA)
    rows = bench.plan(contact("1", email=NEW_ADA), contact("2", email=ADA))
    assert (rows["1"]["hold"], rows["2"]["hold"]) == ("changed_email", "value_taken")


@pytest.mark.parametrize(
    ("match", "other"),
    [("email", {"phone": P1}), ("phone", {"email": ADA})],
)
def test_field_outside_match_is_ordinary_data(
    bench: Bench, match: str, other: dict[str, Any]
) -> None:
    bench.acknowledge("x", **other)
    own: list[dict[str, Any]] = (
        [{"email": ADA}, {"email": BOB}] if match == "email" else [{"phone": P1}, {"phone": P2}]
    )
    rows = bench.plan(
        contact("1", **own[0], **other), contact("2", **own[1], **other), at=location(match=match)
    )
    assert [body(row) for row in rows.values()] == [own[0] | other, own[1] | other]
    assert not any(row["warnings"] for row in rows.values())


def test_only_who_is_matched_by_phone_may_own_it(bench: Bench) -> None:
    claims = [
        contact("1", email=ADA, phone=P1, updated_at=OLD),
        contact("2", email=BOB, phone=P1, updated_at=NEW),
    ]
    rows = bench.plan(*claims, at=location(match="phone"))
    assert body(rows["2"]) == {"email": BOB, "phone": P1}
    assert rows["1"]["hold"] == "shared_phone"
    rows = bench.plan(*claims, shared="hold")
    assert {row["hold"] for row in rows.values()} == {"shared_phone"}


def test_contact_deleted_in_the_crm_is_held_once_a_fresh_list_lacks_it(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA)
    ada = contact("1", email=ADA, city="Rome")
    stale = bench.listed(location(), fresh=False)
    assert bench.plan(ada, at=stale)["1"]["contact_id"] == "a"
    fresh = bench.listed(location())
    assert bench.plan(ada, at=fresh)["1"]["hold"] == "deleted_in_crm"
    elsewhere = bench.listed(location(), {"contact_id": "b", "email": ADA})
    assert bench.plan(ada, at=elsewhere)["1"]["contact_id"] == "b"


def test_contact_that_the_crm_made_anew_takes_over_from_the_old(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, known_at=OLD)
    bench.acknowledge("b", "1", email=ADA, known_at=NEW)
    row = bench.plan(contact("1", email=ADA, city="Rome"))["1"]
    assert (row["contact_id"], body(row)) == ("b", {"email": ADA, "city": "Rome"})


def test_list_that_lags_behind_a_write_does_not_contradict_it(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=NEW_ADA, known_at=NEW)
    lagging = bench.listed(location(), {"contact_id": "a", "email": ADA}, at=NEW)
    assert bench.plan(contact("1", email=NEW_ADA, city="Rome"), at=lagging)["1"]["hold"] is None
    nowhere = bench.listed(location(), at=NEW)
    assert bench.plan(contact("1", email=NEW_ADA, city="Rome"), at=nowhere)["1"]["hold"] is None


def test_contact_that_others_made_is_updated_where_it_differs(bench: Bench) -> None:
    listed = {"contact_id": "z", "email": "Ada@Example.com", "first_name": "Ada", "tags": ["vip"]}
    here = bench.listed(location(), listed)
    row = bench.plan(contact("1", email=ADA, first_name="Ada", tags=["new"]), at=here)["1"]
    assert (row["action"], row["contact_id"], row["changed_fields"]) == ("update", "z", ["tags"])
    assert (row["body"], row["add_tags"]) == (None, ["new"])


def test_formatted_phone_in_the_list_is_the_same_phone(bench: Bench) -> None:
    here = bench.listed(location(), {"contact_id": "z", "phone": "+1 (202) 555-0101"})
    assert bench.plan(contact("1", phone=P1), at=here)["1"]["contact_id"] == "z"


def test_twins_where_duplicates_are_allowed_are_held(bench: Bench) -> None:
    twins = [{"contact_id": "y", "email": ADA}, {"contact_id": "z", "email": ADA}]
    here = bench.listed(location(match="phone", allows_duplicates=True), *twins)
    assert bench.plan(contact("1", email=ADA), at=here)["1"]["hold"] == "several_contacts"


def test_everything_is_sent_again_after_a_request_of_unknown_fate(bench: Bench) -> None:
    ada = contact("1", email=ADA, first_name="Ada")
    bench.plan(ada)
    bench.acknowledge_plan(bench.rows())
    bench.leave_unsettled("1", contact_id="new-1", email=ADA)
    row = bench.plan(ada)["1"]
    assert (row["action"], row["unsettled_since"]) == ("update", NEW)
    assert body(row) == {"firstName": "Ada", "email": ADA}


def test_create_of_unknown_fate_keeps_its_values_from_others(bench: Bench) -> None:
    bench.leave_unsettled("1", email=ADA, phone=P1)
    rows = bench.plan(contact("1", email=ADA, phone=P1), contact("2", email=BOB, phone=P1))
    assert (rows["1"]["action"], rows["1"]["contact_id"]) == ("create", None)
    assert body(rows["2"]) == {"email": BOB}


def test_update_by_id_of_unknown_fate_is_not_repeated_as_an_upsert(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA)
    bench.leave_unsettled("1", contact_id="a", email=NEW_ADA)
    again = contact("1", email=NEW_ADA)
    row = bench.plan(again, changed_email="update_by_id")["1"]
    assert (row["request"], row["contact_id"]) == ("update", "a")
    assert bench.plan(again)["1"]["hold"] == "unsettled"


def test_list_settles_what_was_sent_before_it(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA)
    bench.leave_unsettled("1", contact_id="a", email=NEW_ADA, intended_at=OLD)
    here = bench.listed(location(), {"contact_id": "a", "email": NEW_ADA})
    row = bench.plan(contact("1", email=NEW_ADA), at=here)["1"]
    assert (row["request"], row["hold"]) == ("upsert", None)


def test_merged_identity_is_held_and_a_split_one_keeps_the_contact_by_its_email(
    bench: Bench,
) -> None:
    bench.acknowledge("a", "1", "3", email=ADA, phone=P1)
    bench.acknowledge("b", "2", email=BOB)
    merged = bench.plan(contact("1", "2", "3", email=ADA, phone=P1))
    assert merged["1"]["hold"] == "two_contacts"
    split = bench.plan(contact("1", email=NEW_ADA, phone=P1), contact("3", email=ADA, phone=P1))
    assert (split["3"]["action"], split["3"]["contact_id"]) == ("unchanged", "a")
    assert (split["1"]["action"], body(split["1"])) == ("create", {"email": NEW_ADA})


@pytest.mark.parametrize(("policy", "tags"), [("add", None), ("overwrite", ["a"]), ("skip", None)])
def test_tags_of_a_contact_that_may_exist(
    bench: Bench, policy: str, tags: list[str] | None
) -> None:
    row = bench.plan(contact("1", email=ADA, tags=["a"]), tags=policy)["1"]
    assert body(row).get("tags") == tags
    assert row["add_tags"] == (["a"] if policy == "add" else None)
