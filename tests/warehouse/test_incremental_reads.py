"""Reading what changed ends as reading all would, whatever commits when."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from contacts_pipeline.warehouse import Extraction
from tests.warehouse.warehouses import PostgresWarehouse

START = datetime(2026, 1, 1, tzinfo=UTC)
OVERLAP = 10


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def put(warehouse: PostgresWarehouse, key: str, minute: float | None, city: str = "Bonn") -> None:
    warehouse.sql(
        "insert into customers values (:key, 'acme', :at, 'a@b.example', :city) "
        "on conflict (id) do update set updated_at = excluded.updated_at, city = excluded.city",
        key=key,
        at=None if minute is None else at(minute),
        city=city,
    )


def read(warehouse: PostgresWarehouse, minute: float, **options: Any) -> Extraction:
    found = warehouse.extract(now=at(minute), **options)
    assert isinstance(found, Extraction)
    return found


def all_rows(warehouse: PostgresWarehouse) -> list[dict[str, Any]]:
    """What a full read gives, beside the snapshot."""
    folder = warehouse.folder / "full"
    other = PostgresWarehouse(warehouse.url, folder, warehouse.contacts, warehouse.warehouse)
    other.extract(full_refresh=True)
    return other.rows()


@pytest.fixture
def loaded(warehouse: PostgresWarehouse) -> PostgresWarehouse:
    """A thousand rows, a minute apart, read at minute 1000."""
    warehouse.warehouse |= {"overlap_minutes": OVERLAP}
    warehouse.sql(
        "insert into customers select n, 'acme', timestamptz '2026-01-01 00:00Z' + n * interval "
        "'1 minute', n || '@b.example', 'Bonn' from generate_series(0, 999) n"
    )
    first = read(warehouse, 1000)
    assert (first.read, first.why, first.rows, first.rows_read) == (
        "full",
        "nothing_read_yet",
        1000,
        1000,
    )
    return warehouse


def test_after_one_percent_changed_about_one_percent_is_read(loaded: PostgresWarehouse) -> None:
    for key in range(10):
        put(loaded, str(key), 1001, "Ulm")
    second = read(loaded, 1002)
    assert (second.read, second.rows, second.rows_read) == ("changes", 1000, 10 + OVERLAP + 1)
    assert loaded.rows() == all_rows(loaded)
    assert sum(row["city"] == "Ulm" for row in loaded.rows()) == 10


def test_equal_and_missing_times_lose_nothing(loaded: PostgresWarehouse) -> None:
    loaded.warehouse["overlap_minutes"] = 0
    put(loaded, "twin", 999)
    put(loaded, "timeless", None)
    assert read(loaded, 1001).read == "changes"
    loaded.sql("update customers set city = 'Ulm' where id in ('twin', 'timeless')")
    assert read(loaded, 1002).rows_read == 3
    assert loaded.rows() == all_rows(loaded)


def test_a_time_in_the_future_does_not_hide_what_comes_after(loaded: PostgresWarehouse) -> None:
    put(loaded, "tomorrow", 99_999)
    read(loaded, 1001)
    put(loaded, "today", 1002)
    assert read(loaded, 1003).read == "changes"
    assert loaded.rows() == all_rows(loaded)


def test_deleted_rows_go_when_all_keys_are_read(loaded: PostgresWarehouse) -> None:
    loaded.sql("delete from customers where id in ('5', '999')")
    assert read(loaded, 1001).rows == 1000
    found = read(loaded, 1000 + 24 * 60)
    assert (found.read, found.rows, found.deleted) == ("changes", 998, 2)
    assert loaded.rows() == all_rows(loaded)


def test_a_row_later_than_the_overlap_is_noticed_by_its_key(loaded: PostgresWarehouse) -> None:
    put(loaded, "late", 3)
    assert read(loaded, 1001).rows == 1000
    found = read(loaded, 1000 + 24 * 60)
    assert (found.read, found.why, found.rows) == ("full", "late_rows", 1001)


def test_a_snapshot_that_is_damaged_is_read_anew(loaded: PostgresWarehouse) -> None:
    loaded.snapshot.write_bytes(b"")
    assert read(loaded, 1001).why == "nothing_read_yet"
    assert loaded.rows() == all_rows(loaded)


def test_a_key_that_repeats_makes_every_read_a_full_one(loaded: PostgresWarehouse) -> None:
    loaded.sql("alter table customers drop constraint customers_pkey")
    loaded.sql("insert into customers select * from customers where id = '999'")
    assert read(loaded, 1001).why == "keys_repeated"
    assert read(loaded, 1002).why == "keys_repeated"
    assert len(loaded.rows()) == 1001


def test_another_warehouse_behind_the_same_name_is_read_in_full(
    loaded: PostgresWarehouse,
) -> None:
    """Another user may see another schema, or other rows, under the same names."""
    loaded.sql("create schema other")
    loaded.sql("create table other.customers as select * from customers where id::int >= 500")
    loaded.url += "&options=-csearch_path%3Dother"
    found = read(loaded, 1001)
    assert (found.read, found.why, found.rows) == ("full", "settings_changed", 500)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"contacts": {"fields": {"email": "lower(email)"}}}, "settings_changed"),
        ({"contacts": {"custom_fields": {"town": "city"}}}, "settings_changed"),
        ({"contacts": {"updated_at": None}}, "no_cursor"),
        ({"contacts": {"updated_at": "email"}}, "no_cursor"),
        ({"warehouse": {"full_refresh": "0 17 * * *"}}, "scheduled"),
        ({"warehouse": {"full_refresh": "0 18 * * *"}}, None),
    ],
)
def test_what_makes_a_read_a_full_one(
    loaded: PostgresWarehouse, change: dict[str, dict[str, Any]], why: str | None
) -> None:
    loaded.contacts |= change.get("contacts", {})
    loaded.warehouse |= change.get("warehouse", {})
    found = read(loaded, 17 * 60 + 1)
    assert (found.read, found.why) == (("full", why) if why else ("changes", None))
    assert read(loaded, 17 * 60 + 2, full_refresh=True).why == "asked"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_commits_between_reads_end_as_a_full_read(
    warehouse: PostgresWarehouse, seed: int
) -> None:
    """Transactions take their time when they begin and are seen when they commit."""
    chance = random.Random(seed)
    warehouse.warehouse |= {"overlap_minutes": OVERLAP, "keys_hours": 1}
    open_ones: list[tuple[float, Connection, str]] = []
    changes = full = 0
    for minute in range(0, 100, 2):
        for _ in range(chance.randrange(4) if len(open_ones) < 6 else 0):
            key = str(chance.randrange(40))
            if key in {held for _, _, held in open_ones}:
                continue
            connection = warehouse.engine.connect().execution_options(
                isolation_level="READ COMMITTED"
            )
            if chance.random() < 0.15:
                connection.execute(text("delete from customers where id = :key"), {"key": key})
            else:
                connection.execute(
                    text(
                        "insert into customers values (:key, 'acme', :at, 'x', :city) on conflict "
                        "(id) do update set updated_at = excluded.updated_at, city = excluded.city"
                    ),
                    {"key": key, "at": at(minute), "city": str(chance.random())},
                )
            open_ones.append((minute + chance.uniform(0, OVERLAP - 2), connection, key))
        for one in [one for one in open_ones if one[0] <= minute]:
            one[1].commit()
            one[1].close()
            open_ones.remove(one)
        if chance.random() < 0.4:
            found = read(warehouse, minute)
            changes, full = changes + (found.read == "changes"), full + (found.read == "full")
            there = {row["source_key"]: row for row in warehouse.rows()}
            for row in all_rows(warehouse):
                assert there[row["source_key"]] == row, f"seed {seed}, minute {minute}"
    for _, connection, _ in open_ones:
        connection.commit()
        connection.close()
    read(warehouse, 100 + 60)
    assert warehouse.rows() == all_rows(warehouse), f"seed {seed}"
    assert changes > 10, (changes, full)
