"""Small tables in and out."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from contacts_pipeline.contact import CHANNEL_COLUMNS, TEXT_COLUMNS
from contacts_pipeline.prepare import unify_contacts, validate_contacts
from contacts_pipeline.settings import Settings

TODAY = date(2026, 1, 1)
Row = Mapping[str, Any]

_TEXT = pa.string()
_FINDING = pa.struct([("code", _TEXT), ("field", _TEXT), ("raw", _TEXT)])
_KINDS = dict.fromkeys(("dnd", *CHANNEL_COLUMNS.values(), "inbound_dnd"), pa.bool_()) | {
    "tags": pa.list_(_TEXT)
}
VALID_CONTACTS = pa.schema(
    [
        ("source_key", _TEXT),
        ("location_id", _TEXT),
        ("updated_at", pa.timestamp("us")),
        ("origin", _TEXT),
        *((column, _KINDS.get(column, _TEXT)) for column in TEXT_COLUMNS),
        ("custom_fields", pa.map_(_TEXT, _TEXT)),
        ("rejection", _FINDING),
        ("warnings", pa.list_(_FINDING)),
    ]
)

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
    rows: list[Row],
    config: Settings | None = None,
    locations: tuple[Row, ...] = LOCATIONS,
    **options: Any,
) -> list[dict[str, Any]]:
    """``unique_contacts`` of rows that are valid as they stand."""
    with inputs([], locations) as con:
        filled = [{"location_id": "both", "email": "a@x.org", **row} for row in rows]
        for row in filled:
            row["custom_fields"] = list((row.get("custom_fields") or {}).items()) or None
        table = pa.Table.from_pylist(filled, VALID_CONTACTS)
        con.register("valid_contacts", table)
        unify_contacts(con, config or settings(), **options)
        return read(con, "from unique_contacts")


def keep(con: duckdb.DuckDBPyConnection, view: str) -> None:
    """Compute a view once, as its snapshot does."""
    con.execute(f"create or replace temp table kept_{view} as from {view}")
    con.execute(f"create or replace temp view {view} as from kept_{view}")


def codes(row: Row) -> list[str]:
    return [warning["code"] for warning in row["warnings"]]


def at(day: int) -> datetime:
    return datetime(2025, 1, day)  # noqa: DTZ001 - timestamps are UTC and naive
