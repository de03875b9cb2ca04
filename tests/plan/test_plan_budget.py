"""Which requests the day has room for, and in which order they go."""

from datetime import timedelta

import pytest

from contacts_pipeline.ledger import day_left, record_read, utc_now
from contacts_pipeline.ledger.usage import DayLeft
from tests.plan.bench import Bench
from tests.plan.given import NEW, OLD, contact, location
from tests.plan.relations import Relation, of


@pytest.mark.parametrize(
    ("left", "deferred"),
    [(5, set()), (4, {"5"}), (2, {"5", "4", "3"}), (0, {"1", "2", "3", "4", "5"})],
)
def test_day_is_filled_by_what_waited_then_the_new_then_the_newest(
    out: Relation, left: int, deferred: set[str]
) -> None:
    rows = out(
        "sending_order",
        "identity place is_deferred",
        upsert_plan=of(
            "identity action updated_at body",
            ("5", "update", OLD, "{}"),
            ("4", "update", NEW, "{}"),
            ("3", "create", None, "{}"),
            ("2", "create", OLD, "{}"),
            ("1", "update", OLD, "{}"),
            ("held", "hold", NEW, None),
        ),
        deferred_contacts=[{"identity": "1"}],
        day_left=[{"requests": left}],
    )
    assert rows == {(str(place), place, str(place) in deferred) for place in range(1, 6)}


def test_tags_of_their_own_cost_a_request_for_all_that_get_the_same(out: Relation) -> None:
    rows = out(
        "sending_order",
        "identity requests is_deferred",
        upsert_plan=of(
            "identity action body add_tags",
            ("1", "create", "{}", "t"),
            ("2", "create", "{}", "t"),
            ("3", "create", "{}", "other"),
            ("4", "update", None, "t"),
        ),
        day_left=[{"requests": 4}],
    )
    assert rows == {("1", 2, False), ("2", 1, False), ("3", 2, True), ("4", 0, True)}


def test_deferred_rows_are_counted_apart_and_take_no_time_today(bench: Bench) -> None:
    people = [contact(str(number), email=f"{number}@b.org", updated_at=OLD) for number in range(9)]
    header = bench.plan_all([location(daily_limit=7, daily_reserve=3)], people)["acme"]
    assert (header.counts.create, header.counts.deferred, header.requests) == (4, 5, 4)
    assert header.counts.conserved
    assert header.seconds_estimated == 0.4
    assert header.budget is not None
    assert header.budget.model_dump() == {
        "left": 7,
        "known_from": "ledger",
        "daily_limit": 7,
        "reserve": 3,
        "create": 5,
        "update": 0,
        "requests": 5,
    }
    waiting = [row["identity"] for row in bench.rows() if row["is_deferred"]]
    assert waiting == ["4", "5", "6", "7", "8"]


def test_ledger_counts_24_hours_unless_a_header_is_younger_than_one(bench: Bench) -> None:
    now = utc_now()
    bench.leave_unsettled("1", email="a@b.org", intended_at=now - timedelta(hours=25))
    bench.leave_unsettled("2", email="b@b.org", intended_at=now - timedelta(hours=23))
    record_read(bench.ledger, "acme", "run", 4, None)
    assert day_left(bench.ledger, {"acme": 100})["acme"] == DayLeft(95, "ledger")
    record_read(bench.ledger, "acme", "run", 1, 50)
    bench.leave_unsettled("3", email="c@b.org", intended_at=utc_now() + timedelta(minutes=1))
    found = [
        day_left(bench.ledger, {"acme": 100, "other": 10}, utc_now() + timedelta(minutes=later))
        for later in (1, 61)
    ]
    assert [one["acme"] for one in found] == [DayLeft(49, "headers"), DayLeft(94, "ledger")]
    assert found[0]["other"] == DayLeft(10, "ledger")
