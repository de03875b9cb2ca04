"""What holds for any rows."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_pipeline.contact import TEXT_COLUMNS
from tests.prepare.tables import LOCATIONS, Row, at, codes, unique, valid

emails = st.sampled_from([None, "a@x.org", "B@x.org", "b@x.org", "none@none.com", "nonsense"])
phones = st.sampled_from([None, "0711 2842221", "+49 711 2842222", "0711 2842223 ext 5", "12"])
rows = st.lists(
    st.fixed_dictionaries(
        {
            "location_id": st.sampled_from(["both", "phones", "emails", "off", "none"]),
            "email": emails,
            "phone": phones,
            "city": st.sampled_from([None, " Köln ", "Bonn"]),
            "tags": st.sampled_from([None, "b, A", '["c"]']),
            "dnd": st.sampled_from([None, "yes", "no"]),
            "country": st.sampled_from([None, "Deutschland", "DE"]),
            "updated_at": st.sampled_from([None, at(1), at(2)]),
        }
    ),
    max_size=40,
)


def of_examples(number: int) -> settings:
    """A judgement costs half a second whatever its rows, so examples are few and large."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def numbered(found: list[Row]) -> list[Row]:
    return [{"source_key": str(number), **row} for number, row in enumerate(found)]


@of_examples(2)
@given(rows)
def test_order_is_irrelevant_nothing_vanishes_and_no_email_is_shared(found: list[Row]) -> None:
    nothing_vanishes_in_any_order(found)


@pytest.mark.slow
@pytest.mark.timeout(600)
@of_examples(10)
@given(rows)
def test_the_same_of_many_more_rows(found: list[Row]) -> None:
    nothing_vanishes_in_any_order(found)


def nothing_vanishes_in_any_order(found: list[Row]) -> None:
    forwards, backwards = numbered(found), numbered(found)[::-1]
    judged, one = valid(forwards), unique(forwards)
    assert one == unique(backwards)
    assert len(judged) == len(found)
    rejected = {row["source_key"] for row in judged if row["rejection"]}
    kept = [key for row in one for key in row["source_keys"]]
    assert sorted([*kept, *rejected]) == sorted(row["source_key"] for row in forwards)
    by_email = {each["location_id"] for each in LOCATIONS if "email" in each["match"]}
    owned = [
        (r["location_id"], r["email"]) for r in one if r["email"] and r["location_id"] in by_email
    ]
    assert len(owned) == len(set(owned))


@of_examples(4)
@given(rows)
def test_what_was_judged_is_judged_the_same_again(found: list[Row]) -> None:
    judged = valid(numbered(found))
    again = valid([as_text(row) for row in judged])
    for before, after in zip(judged, again, strict=True):
        assert {c: after[c] for c in TEXT_COLUMNS} == {c: before[c] for c in TEXT_COLUMNS}
        assert not set(codes(after)) - set(codes(before))


def as_text(row: dict[str, Any]) -> Row:
    texts = {
        column: None
        if value is None
        else ",".join(value)
        if isinstance(value, list)
        else str(value)
        for column, value in row.items()
        if column in TEXT_COLUMNS
    }
    return {**texts, **{name: row[name] for name in ("source_key", "location_id", "updated_at")}}
