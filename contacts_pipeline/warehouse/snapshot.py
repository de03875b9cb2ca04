"""``warehouse_contacts`` on disk: Arrow batches in, typed and completed, written as they come."""

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.contact import TEXT_COLUMNS
from contacts_pipeline.warehouse.query import CUSTOM_FIELD
from contacts_pipeline.warehouse.reader import BATCH_ROWS
from contacts_pipeline.warehouse.typed import MOMENT, typed, typing_engine

CONTACTS = pa.schema(
    [
        ("source_key", pa.string()),
        ("location_id", pa.string()),
        ("updated_at", MOMENT),
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
_GROUP_BYTES = 64 << 20
"""Long texts make a group of fewer rows."""
_COMPARED = ["location_id", "updated_at"]
"""Readers leave out groups of rows by the least and greatest value of these alone."""


def write_contacts(
    batches: Iterable[pa.RecordBatch], custom_fields: Sequence[str], path: Path, state: str = "{}"
) -> int:
    """Write batches of text as ``warehouse_contacts`` to ``path``; returns the rows."""
    rows = 0
    with (
        pq.ParquetWriter(
            path,
            CONTACTS,
            compression="zstd",
            use_dictionary=_REPEATING,
            write_statistics=_COMPARED,
        ) as writer,
        typing_engine() as con,
    ):
        writer.add_key_value_metadata({STATE.decode(): state})
        for table in _in_groups(_read_ahead(batches)):
            writer.write_table(_completed(table, custom_fields, con), row_group_size=table.num_rows)
            rows += table.num_rows
    return rows


def read_state(path: Path) -> dict[str, str]:
    """What the snapshot at ``path`` says of how it was read; empty where there is no whole one."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return {}
    state: dict[str, str] = json.loads(metadata.get(STATE, b"{}"))
    return state


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
        rows, size = sum(one.num_rows for one in waiting), sum(one.nbytes for one in waiting)
        if rows >= BATCH_ROWS // 2 or size >= _GROUP_BYTES:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _completed(
    incoming: pa.Table, custom_fields: Sequence[str], con: duckdb.DuckDBPyConnection
) -> pa.Table:
    incoming = typed(incoming, con)
    given = set(incoming.column_names)
    empty = pa.nulls(incoming.num_rows, pa.string())
    columns = {
        field.name: incoming[field.name] if field.name in given else empty for field in CONTACTS
    }
    columns["custom_fields"] = _custom_fields(incoming, custom_fields)
    return pa.table(columns, schema=CONTACTS)


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
