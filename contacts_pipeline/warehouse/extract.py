"""Reading the warehouse into ``warehouse_contacts``: all of it, or only what changed.

How the snapshot was read stands in the snapshot's own file, so that rows and cursor are replaced by
one rename: a read that is killed leaves both as they were.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pyarrow.parquet as pq
from cronsim import CronSim

from contacts_pipeline.settings import Settings, Warehouse
from contacts_pipeline.snapshots import replacing
from contacts_pipeline.warehouse.address import identity
from contacts_pipeline.warehouse.changes import read_changes, starting_point
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.query import ContactsQuery, contacts_query
from contacts_pipeline.warehouse.reader import Reader
from contacts_pipeline.warehouse.snapshot import read_state, write_contacts


@dataclass(frozen=True)
class Source:
    """The table or query as it was at a read: its rows, and its columns with their types."""

    rows: int
    columns: Mapping[str, str]


@dataclass(frozen=True)
class Extraction:
    """How ``warehouse_contacts`` was read; ``why`` is the code of a full read's reason.

    ``before`` is the source at the last read, None where there was none or another one.
    """

    rows: int
    rows_read: int
    read: Literal["full", "changes"]
    why: str | None = None
    deleted: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    before: Source | None = None


def extract_contacts(
    settings: Settings,
    snapshot: Path,
    scratch: Path,
    *,
    full_refresh: bool = False,
    now: datetime | None = None,
) -> Extraction:
    """Write ``warehouse_contacts``; reads only what changed where that is certain to suffice.

    Columns: ``source_key, location_id`` (text), ``updated_at`` (UTC timestamp, null where missing
    or unreadable), ``updated_at_raw``, ``origin`` (by ``survivorship.source_priority``), every
    column of ``contact.TEXT_COLUMNS`` as text (a list as its JSON), ``custom_fields`` (map of text
    to text).
    """
    now = now or datetime.now(UTC)
    custom_fields = list(settings.contacts.custom_fields)
    with open_warehouse(settings, scratch) as reader:
        query = contacts_query(reader, settings)
        meaning = f"{identity(settings.warehouse.url)} {custom_fields} {query.fingerprint}"
        earlier = read_state(snapshot)
        source = f"{identity(settings.warehouse.url)} {query.source}"
        before = _source_before(snapshot, earlier) if earlier.get("source") == source else None
        looks = {"source": source, "columns": json.dumps(query.source_columns)}
        why = "asked" if full_refresh else _full_read_because(settings, reader, query, earlier, now)
        if why is None and earlier.get("meaning") != meaning:
            why = "settings_changed"
        since = None
        if why is None:
            read_at = datetime.fromisoformat(earlier["read_at"])
            since = starting_point(snapshot, read_at, settings.warehouse.overlap_minutes)
            why = None if since else "nothing_read_yet"
        rows_read = 0
        if since is not None:
            all_keys = _hours_since(earlier["keys_at"], now) >= settings.warehouse.keys_hours
            state = {"meaning": meaning, "read_at": now.isoformat(), "full_at": earlier["full_at"]}
            state |= looks
            state["keys_at"] = now.isoformat() if all_keys else earlier["keys_at"]
            changes = read_changes(
                reader,
                query,
                custom_fields,
                snapshot,
                scratch,
                since=since,
                all_keys=all_keys,
                state=json.dumps(state),
            )
            rows_read, why = changes.rows_read, changes.insufficient
            if why is None:
                rows = pq.read_metadata(snapshot).num_rows
                return Extraction(
                    rows,
                    rows_read,
                    "changes",
                    deleted=changes.deleted,
                    columns=query.source_columns,
                    before=before,
                )
        state = (
            looks
            | {"meaning": meaning}
            | dict.fromkeys(("read_at", "full_at", "keys_at"), now.isoformat())
        )
        with reader.stream(query.select()) as batches, replacing(snapshot) as part:
            rows = write_contacts(batches, custom_fields, part, json.dumps(state))
    return Extraction(
        rows, rows_read + rows, "full", why, columns=query.source_columns, before=before
    )


def _source_before(snapshot: Path, earlier: Mapping[str, str]) -> Source:
    return Source(pq.read_metadata(snapshot).num_rows, json.loads(earlier["columns"]))


def _full_read_because(
    settings: Settings,
    reader: Reader,
    query: ContactsQuery,
    earlier: dict[str, str],
    now: datetime,
) -> str | None:
    """Why all must be read, as a code; None if the changes may do."""
    if not reader.reads_changes:
        return "local_files"
    if query.cursor is None:
        return "no_cursor"
    if not earlier:
        return "nothing_read_yet"
    if _is_due(settings.warehouse, datetime.fromisoformat(earlier["full_at"]), now):
        return "scheduled"
    return None


def _is_due(warehouse: Warehouse, full_at: datetime, now: datetime) -> bool:
    """Whether the cron line has had its time since the last full read."""
    return (
        warehouse.full_refresh is not None and next(CronSim(warehouse.full_refresh, full_at)) <= now
    )


def _hours_since(moment: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(moment)) / timedelta(hours=1)
