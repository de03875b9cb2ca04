"""What holds for any rows under every rule of survivorship and every policy."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_pipeline.contact import TEXT_COLUMNS
from contacts_pipeline.settings import Settings
from tests.prepare.tables import LOCATIONS, Row, at, settings, unify
from tests.prepare.test_properties import numbered, of_examples

P1, P2, P3 = "+497112842221", "+497112842222", "+497112842223"
RULES = ["newest", "most_frequent", "source_priority", "longest"]
KEPT = (*TEXT_COLUMNS, "custom_fields", "location_id", "updated_at")

words = st.sampled_from([None, "A", "BB", "CCC"])
valid_rows = st.lists(
    st.fixed_dictionaries(
        {
            "location_id": st.sampled_from(["both", "phones", "emails"]),
            "email": st.sampled_from([None, "a@x.org", "b@x.org", "c@x.org"]),
            "phone": st.sampled_from([None, P1, P2, P3]),
            "origin": st.sampled_from([None, "erp", "shop", "web"]),
            "first_name": words,
            "last_name": words,
            "name": words,
            "city": words,
            "country": st.sampled_from([None, "DE", "US"]),
            "company_name": words,
            "dnd": st.sampled_from([None, True, False]),
            "dnd_sms": st.sampled_from([None, True, False]),
            "tags": st.sampled_from([None, ["a"], ["a", "b"]]),
            "custom_fields": st.sampled_from([None, {"tier": "gold"}, {"tier": "x", "size": "1"}]),
            "updated_at": st.sampled_from([None, at(1), at(2)]),
        }
    ),
    max_size=40,
)


def by(rule: str, shared: str) -> Settings:
    order = {"source_priority": {"column": "o", "order": ["erp", "shop"]}}
    return settings(
        contacts={"custom_fields": {"tier": "t", "size": "s"}},
        policy={"shared": shared},
        survivorship={"default": rule} | (order if rule == "source_priority" else {}),
    )


def matching(found: list[Row]) -> list[Row]:
    """The rows with a match field of their location, keyed: the others are rejected before."""
    match = {location["location_id"]: location["match"].split(",") for location in LOCATIONS}
    kept = [row for row in found if any(row[field] for field in match[row["location_id"]])]
    return numbered([{**row, "name": _only_name(row)} for row in kept])


def _only_name(row: Row) -> Any:
    return None if row["first_name"] or row["last_name"] else row["name"]


@pytest.mark.slow
@pytest.mark.parametrize("shared", ["withhold", "merge"])
@pytest.mark.parametrize("rule", RULES)
@of_examples(4)
@given(valid_rows)
def test_unifying_loses_no_row_needs_no_order_and_changes_nothing_twice(
    rule: str, shared: str, found: list[Row]
) -> None:
    config, rows = by(rule, shared), matching(found)
    once = unify(rows, config)
    assert once == unify(rows[::-1], config)
    members = sorted(key for one in once for key in one["source_keys"])
    assert members == sorted(row["source_key"] for row in rows)
    assert all(one["identity"] == one["source_keys"][0] for one in once)
    no_email_is_shared(once)
    # A held row is not sent; whether it stays ambiguous depends on phones that did not survive.
    sent = [one for one in once if one["hold"] is None]
    again = unify([{"source_key": one["identity"], **kept(one)} for one in sent], config)
    assert [kept(one) for one in again] == [kept(one) for one in sent]
    assert all(one["reasons"] == [] for one in again)


@of_examples(4)
@given(valid_rows)
def test_what_survives_together_stood_in_one_row(found: list[Row]) -> None:
    rows = matching(found)
    by_key = {row["source_key"]: row for row in rows}
    for rule in RULES:
        for one in unify(rows, by(rule, "merge")):
            members = [by_key[key] for key in one["source_keys"]]
            for group in (("first_name", "last_name", "name"), ("city", "country")):
                stood = [tuple(row[field] for field in group) for row in members]
                assert tuple(one[field] for field in group) in stood
            assert one["dnd"] == strictest(row["dnd"] for row in members)


def strictest(said: Any) -> bool | None:
    known = [one for one in said if one is not None]
    return any(known) if known else None


def no_email_is_shared(unique: list[dict[str, Any]]) -> None:
    by_email = {each["location_id"] for each in LOCATIONS if "email" in each["match"]}
    owned = [
        (one["location_id"], one["email"])
        for one in unique
        if one["email"] and one["location_id"] in by_email
    ]
    assert len(owned) == len(set(owned))


def kept(one: Row) -> Row:
    return {column: one[column] for column in KEPT}
