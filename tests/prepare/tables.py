"""Small tables in and out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import duckdb

from contacts_pipeline.contact import CHANNEL_COLUMNS, TEXT_COLUMNS
from contacts_pipeline.prepare import unify_contacts, validate_contacts
from contacts_pipeline.settings import Settings

TODAY = date(2026, 1, 1)
Row = Mapping[str, Any]

_BOOLEANS = ("dnd", *CHANNEL_COLUMNS.values(), "inbound_dnd")
_KINDS = dict.fromkeys(_BOOLEANS, "boolean") | {"tags": "varchar[]"}

LOCATIONS: tuple[Row, ...] = (
    {"location_id": "both", "country": "DE", "match": "email,phone", "enabled": True},
    {"location_id": "phones", "country": "DE", "match": "phone", "enabled": True},
    {"location_id": "emails", "country": "US", "match": "email", "enabled": True},
    {"location_id": "off", "country": "DE", "match": "email,phone", "enabled": False},
)


def settings(**sections: Row) -> Settings:
    contacts = {"table": "c", "key": "k", "location": "l", "fields": {}}
    return Settings.model_validate(
        {
            "warehouse": {"url": "data/sample"},
            "locations": [{"id": "both"}],
            "crm": {"base_url": "http://127.0.0.1:1"},
            **sections,
            "contacts": {**contacts, **sections.get("contacts", {})},
        }
    )


@contextmanager
def inputs(
    rows: list[Row] | tuple[Row, ...], locations: tuple[Row, ...] = LOCATIONS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with both inputs; a row without key or location gets '1' and 'both'."""
    con = duckdb.connect()
    texts = ", ".join(f"{column} varchar" for column in TEXT_COLUMNS)
    con.execute(
        f"""create temp table warehouse_contacts (source_key varchar, location_id varchar,
        updated_at timestamp, updated_at_raw varchar, origin varchar, {texts},
        custom_fields map(varchar, varchar))"""
    )
    con.execute(
        """create temp table crm_locations (location_id varchar, name varchar, token_env varchar,
        country varchar, match varchar, enabled boolean, timezone varchar)"""
    )
    for row in rows:
        insert(con, "warehouse_contacts", {"source_key": "1", "location_id": "both", **row})
    for location in locations:
        insert(con, "crm_locations", location)
    try:
        yield con
    finally:
        con.close()


def insert(con: duckdb.DuckDBPyConnection, table: str, row: Row) -> None:
    columns, marks = ", ".join(row), ", ".join("?" for _ in row)
    con.execute(f"insert into {table} ({columns}) values ({marks})", list(row.values()))


def read(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def valid(rows: list[Row], config: Settings | None = None, **options: Any) -> list[dict[str, Any]]:
    with inputs(rows) as con:
        validate_contacts(con, config or settings(), TODAY, **options)
        return read(con, "from valid_contacts order by source_key, location_id")


def unique(
    rows: list[Row], config: Settings | None = None, locations: tuple[Row, ...] = LOCATIONS
) -> list[dict[str, Any]]:
    with inputs(rows, locations) as con:
        validate_contacts(con, config or settings(), TODAY)
        keep(con, "valid_contacts")
        unify_contacts(con, config or settings())
        return read(con, "from unique_contacts")


def unify(
    rows: list[Row], config: Settings | None = None, locations: tuple[Row, ...] = LOCATIONS
) -> list[dict[str, Any]]:
    """``unique_contacts`` of rows that are valid as they stand."""
    with inputs([], locations) as con:
        texts = ", ".join(f"{column} {_KINDS.get(column, 'varchar')}" for column in TEXT_COLUMNS)
        con.execute(
            f"""create temp table valid_contacts (source_key varchar, location_id varchar,
            updated_at timestamp, origin varchar, {texts}, custom_fields map(varchar, varchar),
            rejection struct(code varchar, field varchar, raw varchar),
            warnings struct(code varchar, field varchar, raw varchar)[])"""
        )
        for row in rows:
            insert(con, "valid_contacts", {"location_id": "both", "email": "a@x.org", **row})
        unify_contacts(con, config or settings())
        return read(con, "from unique_contacts")


def keep(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """Compute a view once, as its snapshot does."""
    con.execute(f"create or replace temp table kept_{view} as from {view}")
    con.execute(f"create or replace temp view {view} as from kept_{view}")


def codes(row: Row) -> list[str]:
    return [warning["code"] for warning in row["warnings"]]


def at(day: int) -> datetime:
    return datetime(2025, 1, day)  # noqa: DTZ001 - timestamps are UTC and naive
