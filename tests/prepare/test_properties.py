"""What holds for any rows."""

import json
from random import Random
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from contacts_pipeline.contact import TEXT_COLUMNS
from tests.prepare.tables import LOCATIONS, Row, at, codes, settings, unique, valid

emails = st.sampled_from(
    [None, "a@x.org", "B@x.org", "B <b@x.org>", "c@m\u00fcller.de", "none@none.com", "nonsense"]
)
phones = st.sampled_from(
    [None, "0711 2842221", "+49 711 2842222 (work)", "0711 2842223 ext 5", "0711 2842224.0", "12"]
)
CELLS: dict[str, list[Any]] = {
    "first_name": ["ANNA", " An\u00adna ", "-"],
    "last_name": ["VAN DER BERG", "NG"],
    "name": ["Anna Berg", "N/A"],
    "city": [" K\u00f6ln ", "Bonn"],
    "postal_code": ["1067.0", "sw1a 1aa"],
    "country": ["Deutschland", "DE", "Kazakstan", "Neverland"],
    "website": ["HTTPS://X.org/A", "x"],
    "timezone": ["W. Europe Standard Time", "Mars"],
    "date_of_birth": ["3. M\u00e4rz 1990", "03/04/1990", "2030-01-01"],
    "tags": ["b, A", '["c, d"]', '{"c, d",e}'],
    "dnd": ["yes", "no", "perhaps"],
    "dnd_sms": ["opted out", "0"],
    "custom_fields": [{"tier": " gold ", "size": " "}, {"tier": "lead"}],
    "updated_at": [at(1), at(2)],
}
rows = st.lists(
    st.fixed_dictionaries(
        {
            "location_id": st.sampled_from(["both", "phones", "emails", "off", "none"]),
            "email": emails,
            "phone": phones,
            **{column: st.sampled_from([None, *cells]) for column, cells in CELLS.items()},
        }
    ),
    max_size=40,
)


def of_examples(number: int) -> hypothesis.settings:
    """A judgement costs half a second whatever its rows, so examples are few and large."""
    return hypothesis.settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def numbered(found: list[Row]) -> list[Row]:
    return [{"source_key": str(number), **row} for number, row in enumerate(found)]


@of_examples(2)
@given(rows, st.randoms(use_true_random=False))
def test_order_is_irrelevant_nothing_vanishes_and_no_email_is_shared(
    found: list[Row], dice: Random
) -> None:
    nothing_vanishes_in_any_order(found, dice)


@pytest.mark.slow
@pytest.mark.timeout(600)
@of_examples(10)
@given(rows, st.randoms(use_true_random=False))
def test_the_same_of_many_more_rows(found: list[Row], dice: Random) -> None:
    nothing_vanishes_in_any_order(found, dice)


def nothing_vanishes_in_any_order(found: list[Row], dice: Random) -> None:
    given = numbered(found)
    shuffled = dice.sample(given, len(given))
    judged, one = valid(given), unique(given)
    assert one == unique(shuffled)
    assert len(judged) == len(found)
    rejected = {row["source_key"] for row in judged if row["rejection"]}
    kept = [key for row in one for key in row["source_keys"]]
    assert sorted([*kept, *rejected]) == sorted(row["source_key"] for row in given)
    by_email = {each["location_id"] for each in LOCATIONS if "email" in each["match"]}
    owned = [
        (r["location_id"], r["email"]) for r in one if r["email"] and r["location_id"] in by_email
    ]
    assert len(owned) == len(set(owned))


@pytest.mark.parametrize("shared", ["withhold", "merge"])
@of_examples(2)
@given(found=rows)
def test_what_was_prepared_is_prepared_the_same_again(found: list[Row], shared: str) -> None:
    config = settings(policy={"shared": shared})
    # A held row is not sent; whether it stays ambiguous depends on phones that did not survive.
    once = [one for one in unique(numbered(found), config) if one["hold"] is None]
    again = unique([as_text(one) for one in once], config)
    assert [prepared(one) for one in again] == [prepared(one) for one in once]
    assert all(one["reasons"] == [] for one in again)


@of_examples(2)
@given(rows)
def test_what_was_judged_is_judged_the_same_again(found: list[Row]) -> None:
    judged = valid(numbered(found))
    again = valid([as_text({**row, "identity": row["source_key"]}) for row in judged])
    for before, after in zip(judged, again, strict=True):
        assert prepared(after) == prepared(before)
        assert not set(codes(after)) - set(codes(before))


def prepared(row: Row) -> Row:
    columns = (*TEXT_COLUMNS, "custom_fields", "location_id", "updated_at")
    return {column: row[column] for column in columns}


def as_text(row: Row) -> Row:
    """A row as a warehouse would hold it."""
    texts = {column: as_cell(row[column]) for column in TEXT_COLUMNS}
    others = {column: row[column] for column in ("custom_fields", "location_id", "updated_at")}
    return {"source_key": row["identity"], **texts, **others}


def as_cell(value: Any) -> str | None:
    if isinstance(value, list):
        return json.dumps(value)
    return None if value is None else str(value)
