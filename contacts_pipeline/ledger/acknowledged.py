"""What the CRM has acknowledged, read for a plan: all contacts at once, fields of a few.

A row of the driver is one text, cut apart in Arrow: objects for a million rows of columns take
longer than the query. The hashes of the fields are most of the ledger, and few are ever compared.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, String, cast, func, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.relations import ACKNOWLEDGED_CONTACTS, ACKNOWLEDGED_FIELDS
from contacts_pipeline.ledger.store import Ledger

_BETWEEN = "\x1f"  # unit separator: JSON escapes it, and no hash, time or id has it
_ROWS_A_BATCH = 50_000
_IDS_A_QUERY = 500


def read_acknowledged_contacts(ledger: Ledger, location_ids: Sequence[str]) -> pa.Table:
    """The contacts of these locations: the columns of ``ACKNOWLEDGED_CONTACTS``."""
    with ledger.reading() as connection:
        batches = [
            _cut(location_id, [text for (text,) in rows])
            for location_id in location_ids
            for rows in connection.execute(_texts(ledger.crm, location_id)).partitions(
                _ROWS_A_BATCH
            )
        ]
    return pa.Table.from_batches(batches, schema=ACKNOWLEDGED_CONTACTS)


def read_acknowledged_fields(ledger: Ledger, wanted: pa.Table) -> pa.Table:
    """The columns of ``ACKNOWLEDGED_FIELDS`` for the contacts ``location_id, contact_id``."""
    table = schema.contacts
    found: list[tuple[str, str, str]] = []
    with ledger.reading() as connection:
        for location_id, contact_ids in _by_location(wanted):
            query = select(table.c.location_id, table.c.contact_id, table.c.hashes).where(
                table.c.crm == ledger.crm,
                table.c.location_id == location_id,
                table.c.contact_id.in_(contact_ids),
            )
            found += [tuple(row) for row in connection.execute(query)]
    columns = zip(*found, strict=True) if found else ((),) * len(ACKNOWLEDGED_FIELDS)
    return pa.table([pa.array(values, pa.string()) for values in columns], ACKNOWLEDGED_FIELDS)


def _texts(crm: str, location_id: str) -> Any:
    table = schema.contacts
    parts: list[ColumnElement[str]] = [
        table.c.contact_id,
        table.c.source_keys,
        func.coalesce(table.c.email_hash, ""),
        func.coalesce(table.c.phone_hash, ""),
        func.coalesce(table.c.row_hash, ""),
        cast(table.c.known_at, String),
        cast(table.c.changes, String),
    ]
    text = parts[0]
    for part in parts[1:]:
        text = text + _BETWEEN + part
    return select(text).where(table.c.crm == crm, table.c.location_id == location_id)


def _cut(location_id: str, texts: Sequence[str]) -> pa.RecordBatch:
    names = [name for name in ACKNOWLEDGED_CONTACTS.names if name != "location_id"]
    parts = pc.split_pattern(pa.array(texts, pa.string()), _BETWEEN)
    columns = {name: pc.list_element(parts, place) for place, name in enumerate(names)}
    for name in ("email_hash", "phone_hash", "row_hash"):
        columns[name] = pc.if_else(pc.equal(columns[name], ""), None, columns[name])
    columns["known_at"] = columns["known_at"].cast(pa.timestamp("us"))
    columns["changes"] = columns["changes"].cast(pa.int64())
    columns["location_id"] = pa.repeat(location_id, len(texts))
    return pa.record_batch(
        [columns[name] for name in ACKNOWLEDGED_CONTACTS.names], ACKNOWLEDGED_CONTACTS
    )


def _by_location(wanted: pa.Table) -> Iterator[tuple[str, Sequence[str]]]:
    """Each location with its contacts, so many at a time as a statement takes."""
    ids = wanted.group_by("location_id").aggregate([("contact_id", "list")])
    for row in ids.to_pylist():
        contacts = row["contact_id_list"]
        for start in range(0, len(contacts), _IDS_A_QUERY):
            yield row["location_id"], contacts[start : start + _IDS_A_QUERY]
