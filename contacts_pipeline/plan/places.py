"""Locations by number: nearly every join of a plan is by location, and ids are long texts.

DuckDB's enum looks like the text that it stands for, so that no relation knows of it.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa


def number_places(con: duckdb.DuckDBPyConnection, location_ids: Sequence[str]) -> None:
    """Make the type ``place``, whose values are these locations."""
    ids = pa.table({"id": pa.array(location_ids or [""], pa.string())})
    con.register("place_ids", ids)
    con.execute("create type place as enum (select id from place_ids)")


def register_by_place(
    con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table | duckdb.DuckDBPyRelation
) -> None:
    """Make ``rows``, all of them of these locations, known as ``name``."""
    con.register(f"given_{name}", rows)
    con.execute(
        f'create or replace temp view "{name}" as '
        f'select * replace (location_id::place as location_id) from "given_{name}"'
    )


def with_ids(con: duckdb.DuckDBPyConnection, name: str) -> duckdb.DuckDBPyRelation:
    """The relation ``name`` with its locations as text, for readers outside DuckDB."""
    return con.sql(f'select * replace (location_id::varchar as location_id) from "{name}"')
