"""``warehouse_contacts`` on disk: Arrow batches in, typed and completed, written as they come."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contacts_pipeline.contact import TEXT_COLUMNS
from contacts_pipeline.warehouse.query import CUSTOM_FIELD
from contacts_pipeline.warehouse.reader import BATCH_ROWS

CONTACTS = pa.schema(
    [
        ("source_key", pa.string()),
        ("location_id", pa.string()),
        ("updated_at", pa.timestamp("us")),
        ("updated_at_raw", pa.string()),
        ("origin", pa.string()),
        *((name, pa.string()) for name in TEXT_COLUMNS),
        ("custom_fields", pa.map_(pa.string(), pa.string())),
    ]
)
STATE = b"contacts_pipeline"
_REPEATING = [
    "location_id", "origin", "city", "state", "country", "timezone", "source", "company_name",
    "tags", "dnd", "gender", "assigned_to",
]  # fmt: skip
"""Columns of few values; a dictionary of the others costs a third of the writing for nothing."""
_OFFSET = r"\s*([+-]\d\d(:?\d\d)?|Z)\s*$"
_MOMENT = rf"""
    select case when isfinite(moment) then moment at time zone 'UTC' end as moment
    from (
        select coalesce(
            try_cast(updated_at_raw as timestamptz),
            try_cast(
                updated_at_raw
                    .regexp_replace('^(\d{{4}}-\d\d-\d\d[ T]\d\d){_OFFSET}', '\1:00\2')
                    .regexp_replace('^(\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d){_OFFSET}', '\1:00\2')
                    .regexp_replace('{_OFFSET}', '\1')
                as timestamptz
            )
        ) as moment
        from incoming
    )
"""
"""What Arrow reads, and more: an offset behind a blank, no offset, what is no time."""


def write_contacts(
    batches: Iterable[pa.RecordBatch], custom_fields: Sequence[str], path: Path, state: str = "{}"
) -> int:
    """Write batches of text as ``warehouse_contacts`` to ``path``; returns the rows."""
    rows = 0
    with (
        pq.ParquetWriter(path, CONTACTS, compression="zstd", use_dictionary=_REPEATING) as writer,
        typing_engine() as con,
    ):
        writer.add_key_value_metadata({STATE.decode(): state})
        for table in _in_groups(_read_ahead(batches)):
            writer.write_table(_completed(table, custom_fields, con), row_group_size=table.num_rows)
            rows += table.num_rows
    return rows


def read_state(path: Path) -> dict[str, str]:
    """What the snapshot at ``path`` says of how it was read; empty if there is none."""
    if not path.exists():
        return {}
    metadata = pq.read_metadata(path).metadata or {}
    state: dict[str, str] = json.loads(metadata.get(STATE, b"{}"))
    return state


@contextmanager
def typing_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that reads times as UTC."""
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        yield con


def as_text(table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The table with every column as text; a list becomes its JSON."""
    other = [field for field in table.schema if field.type != pa.string()]
    for field in other:
        position = table.schema.get_field_index(field.name)
        value = "to_json(v)" if pa.types.is_nested(field.type) else "v"
        incoming = table.select([field.name]).rename_columns(["v"])
        con.register("incoming", incoming)
        text = con.sql(f"select cast({value} as varchar) as v from incoming").to_arrow_table()
        con.unregister("incoming")
        table = table.set_column(position, field.name, text["v"].cast(pa.string()))
    return table


def _read_ahead(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The next batch is fetched while the one before it is written: both are work for a core."""
    coming = iter(batches)
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as thread:
        following = thread.submit(next, coming, None)
        while (batch := following.result()) is not None:
            following = thread.submit(next, coming, None)
            yield batch


def _in_groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= BATCH_ROWS // 2:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _completed(
    incoming: pa.Table, custom_fields: Sequence[str], con: duckdb.DuckDBPyConnection
) -> pa.Table:
    incoming = incoming.rename_columns([name.lower() for name in incoming.column_names])
    incoming = as_text(incoming, con)
    given = set(incoming.column_names)
    empty = pa.nulls(incoming.num_rows, pa.string())
    columns = {
        field.name: incoming[field.name] if field.name in given else empty for field in CONTACTS
    }
    columns["updated_at"] = pa.nulls(incoming.num_rows, pa.timestamp("us"))
    if "updated_at_raw" in given:
        columns["updated_at"] = _moments(incoming, con)
    columns["custom_fields"] = _custom_fields(incoming, custom_fields)
    return pa.table(columns, schema=CONTACTS)


def _moments(incoming: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.ChunkedArray:
    """Arrow reads only what has its offset and is whole, in a tenth of DuckDB's time."""
    try:
        moments = pc.cast(incoming["updated_at_raw"], pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        con.register("incoming", incoming.select(["updated_at_raw"]))
        moments = con.sql(_MOMENT).to_arrow_table()["moment"]
        con.unregister("incoming")
    return moments.cast(pa.timestamp("us"))


def _custom_fields(incoming: pa.Table, names: Sequence[str]) -> pa.Array:
    rows, count = incoming.num_rows, len(names)
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * count)
    keys = pa.array(list(names), pa.string()).take(pa.array(np.tile(np.arange(count), rows)))
    values = pa.chunked_array(
        [
            chunk
            for number in range(count)
            for chunk in incoming[CUSTOM_FIELD.format(number)].chunks
        ],
        pa.string(),
    ).combine_chunks()
    row_by_row = (np.arange(count)[None, :] * rows + np.arange(rows)[:, None]).ravel()
    values = values.take(pa.array(row_by_row))
    return pa.MapArray.from_arrays(offsets, keys, values)
