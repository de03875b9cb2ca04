"""Reading only the rows that changed, and putting them in the place of their older selves.

The cursor starts a while behind the newest ``updated_at``, since a transaction is seen when it
commits and not when it takes its time. What comes later still, or is deleted, a read of all keys
notices; it is made before the changes are read, so that a row that is new since is not taken for
one that is gone.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.engine import engine, relation_sql, save, scan
from contacts_pipeline.snapshots import private_folder, unchanging
from contacts_pipeline.warehouse.query import ContactsQuery
from contacts_pipeline.warehouse.reader import Reader
from contacts_pipeline.warehouse.snapshot import STATE, write_contacts
from contacts_pipeline.warehouse.typed import typed, typing_engine

PACKAGE = "contacts_pipeline.warehouse"
_KEYS = pa.schema([("source_key", pa.string()), ("updated_at_raw", pa.string())])


@dataclass(frozen=True)
class Changes:
    """Rows that were read, rows that are gone, and why it did not do, if it did not."""

    rows_read: int
    deleted: int = 0
    insufficient: str | None = None


def read_changes(
    reader: Reader,
    query: ContactsQuery,
    custom_fields: list[str],
    snapshot: Path,
    scratch: Path,
    *,
    since: datetime,
    all_keys: bool,
    state: str,
) -> Changes:
    """Bring ``snapshot`` up to date, or say why only a full read can; then it is as it was."""
    with tempfile.TemporaryDirectory(dir=private_folder(scratch)) as folder:
        keys, changed = Path(folder) / "keys.parquet", Path(folder) / "changed.parquet"
        _write_keys(reader, query, keys, wanted=all_keys)
        with reader.stream(query.changed_since(reader, since)) as batches:
            rows_read = write_contacts(batches, custom_fields, changed)
        with unchanging(snapshot) as (before,), engine(scratch) as con:
            for name, path in (("snapshot", before), ("changed", changed), ("keys", keys)):
                scan(con, name, path)
            repeated, deleted, late = _counts(con, keys_read=all_keys)
            if repeated:
                return Changes(rows_read, insufficient="keys_repeated")
            if late:
                return Changes(rows_read, insufficient="late_rows")
            latest = relation_sql(PACKAGE, "latest_contacts")
            latest = latest.replace("$keys_read", str(all_keys).lower())
            save(con, latest, snapshot, **{STATE.decode(): state})
    return Changes(rows_read, deleted)


def starting_point(snapshot: Path, read_at: datetime, overlap_minutes: float) -> datetime | None:
    """Where the cursor starts; a time that lay in the future when it was read does not count."""
    with unchanging(snapshot) as (path,), duckdb.connect(":memory:") as con:
        row = con.execute(
            "select max(updated_at) from read_parquet(?) where updated_at <= ?",
            [str(path), read_at.replace(tzinfo=None)],
        ).fetchone()
    newest: datetime | None = row[0] if row else None
    return newest and newest - timedelta(minutes=overlap_minutes)


def _write_keys(reader: Reader, query: ContactsQuery, path: Path, *, wanted: bool) -> None:
    with pq.ParquetWriter(path, _KEYS) as writer:
        if wanted:
            with (
                reader.stream(query.select(*_KEYS.names, "updated_at")) as batches,
                typing_engine() as con,
            ):
                for batch in batches:
                    keys = typed(pa.Table.from_batches([batch]), con)
                    writer.write_table(keys.select(_KEYS.names))


def _counts(con: duckdb.DuckDBPyConnection, *, keys_read: bool) -> tuple[int, int, int]:
    row = con.execute(relation_sql(PACKAGE, "key_counts"), {"keys_read": keys_read}).fetchone()
    repeated, deleted, late = row or (0, 0, 0)
    return repeated, deleted, late
