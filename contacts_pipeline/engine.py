"""DuckDB as the engine: in memory, spilling beside the data, never the store.

A relation is a ``.sql`` file that holds one plain SELECT over named relations. It becomes
a view (computed where it is used) or a table (computed once).
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contacts_pipeline.errors import SettingsError
from contacts_pipeline.snapshots import private_folder, replacing

ROWS_A_BATCH = 50_000
"""Handed to Arrow at a time: DuckDB's own million of wide rows is hundreds of megabytes."""

_LIMIT_VARIABLE = "CONTACTS_MEMORY_LIMIT"
_CHEAPLY = (
    "parquet_version v2, compression zstd, compression_level -1, dictionary_size_limit 10000,"
    " write_bloom_filter false"
)
"""A stage is written and read once or twice: a third less CPU for a quarter more bytes."""


class MemoryLimitError(SettingsError):
    """What DuckDB may use of the memory can't be read."""

    code = "memory_limit_invalid"


@contextmanager
def engine(scratch: Path, memory_limit: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection for one piece of work.

    Args:
        scratch: Folder to spill to when the work is larger than memory.
        memory_limit: Such as ``"4GiB"``; by default what ``CONTACTS_MEMORY_LIMIT`` says, else
            DuckDB's own default, 80% of the machine.

    Raises:
        MemoryLimitError: The limit is none.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(private_folder(scratch)),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    con = duckdb.connect(":memory:", config=config)
    if limit := memory_limit or os.environ.get(_LIMIT_VARIABLE):
        try:
            con.execute("set memory_limit = $limit", {"limit": limit})
        except duckdb.Error:
            raise MemoryLimitError(
                f"{_LIMIT_VARIABLE}: {limit!r} is no amount of memory; write such as 4GiB"
            ) from None
    try:
        con.execute("set timezone = 'UTC'")
        yield con
    finally:
        con.close()


def relation_sql(package: str, name: str) -> str:
    """The text of the relation ``name`` in ``package``."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def chained_sql(package: str, names: Sequence[str], query: str) -> str:
    """``query`` over the relations ``names``, each over those before it, as one statement.

    A view over views is read again from the first at each definition: ten of them cost as much
    as judging ten thousand rows.
    """
    chain = ",\n".join(
        f'"{name}" as not materialized (\n{relation_sql(package, name)}\n)' for name in names
    )
    return f"with {chain}\nfrom (\n{query}\n)"


def define(
    con: duckdb.DuckDBPyConnection,
    package: str,
    name: str,
    kind: Literal["view", "table"] = "view",
    through: Sequence[str] = (),
) -> None:
    """Make the relation ``name`` of ``package`` known to ``con`` under its name.

    Args:
        con: Has what the relation names.
        package: Where its text is.
        name: Of the relation.
        kind: Computed where it is used, or now.
        through: Relations of the package that it reads and that ``con`` does not have.
    """
    query = relation_sql(package, name)
    if through:
        query = chained_sql(package, through, query)
    con.execute(f'create or replace temp {kind} "{name}" as {query}')


def keep(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: Mapping[str, pa.DataType],
    rows: Iterable[Sequence[object]],
) -> None:
    """Make ``rows`` known to ``con`` as the table ``name``."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = pa.table(
        [pa.array(list(each), type_) for each, type_ in zip(values, columns.values(), strict=True)],
        pa.schema(list(columns.items())),
    )
    con.register("incoming_rows", table)
    con.execute(f'create or replace temp table "{name}" as from incoming_rows')
    con.unregister("incoming_rows")


def scan(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Make the Parquet file at ``path`` known to ``con`` as the view ``name``.

    Columns without a value are constants in it, so that what is asked of them costs nothing.
    """
    rows = f"from read_parquet('{_escaped(str(path))}')"
    columns = con.execute(f"describe {rows}").fetchall()
    empty = _empty_columns(path)
    nulls = [f'null::{kind} as "{column}"' for column, kind, *_ in columns if column in empty]
    constant = f"select * replace ({', '.join(nulls)}) " if nulls else ""
    con.execute(f'create or replace temp view "{name}" as {constant}{rows}')


def _empty_columns(path: Path) -> set[str]:
    """The columns of a Parquet file that are null in every row, as its statistics say."""
    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(number) for group in groups for number in range(group.num_columns)]
    filled = {
        chunk.path_in_schema
        for chunk in chunks
        if not chunk.statistics or chunk.statistics.null_count != chunk.num_values
    }
    return {chunk.path_in_schema for chunk in chunks} - filled


def save(con: duckdb.DuckDBPyConnection, query: str, path: Path, **metadata: str) -> None:
    """Write what ``query`` gives, and ``metadata`` with it, as the Parquet snapshot at ``path``."""
    pairs = ", ".join(f"{name}: '{_escaped(text)}'" for name, text in metadata.items())
    kept = f", kv_metadata {{{pairs}}}" if metadata else ""
    with replacing(path) as part:
        target = _escaped(str(part))
        con.execute(f"copy ({query}) to '{target}' (format parquet, {_CHEAPLY}{kept})")


def by_location(
    batches: Iterable[pa.RecordBatch],
) -> Iterator[tuple[str, Iterator[pa.RecordBatch]]]:
    """Rows in the order of ``location_id``, cut where one location ends and the next begins."""
    for location_id, parts in groupby(_slices(batches), key=lambda part: part[0]):
        yield location_id, (rows for _, rows in parts)


def _slices(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
    for batch in batches:
        runs = pc.run_end_encode(batch.column("location_id"))
        start = 0
        for location_id, end in zip(
            runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True
        ):
            yield location_id, batch.slice(start, end - start)
            start = end


def _escaped(text: str) -> str:
    return text.replace("'", "''")
