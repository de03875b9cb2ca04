"""All that the ledger remembers of one contact: what it holds, and every request about it."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table, or_, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.store import Ledger

Rows = list[Mapping[str, Any]]


def contacts_of_keys(ledger: Ledger, location_id: str, source_keys: Collection[str]) -> Rows:
    """The contacts of the CRM that are recorded for any of the source keys."""
    return _rows(ledger, schema.contacts, location_id, source_keys, "known_at")


def requests_of_keys(ledger: Ledger, location_id: str, source_keys: Collection[str]) -> Rows:
    """Every request about any of the source keys, of every run, in the order of sending."""
    return _rows(ledger, schema.requests, location_id, source_keys, "intended_at")


def outcomes_of_keys(ledger: Ledger, location_id: str, source_keys: Collection[str]) -> Rows:
    """How each run that attempted any of the source keys ended for it."""
    return _rows(ledger, schema.outcomes, location_id, source_keys, "finished_at")


def _rows(
    ledger: Ledger, table: Table, location_id: str, source_keys: Collection[str], order: str
) -> Rows:
    """The text narrows down, the list decides: a key may be a part of another."""
    if not source_keys:
        return []
    written = {
        json.dumps(key, ensure_ascii=plain) for key in source_keys for plain in (True, False)
    }
    mentions = [table.c.source_keys.contains(text, autoescape=True) for text in sorted(written)]
    query = (
        select(table)
        .where(table.c.crm == ledger.crm, table.c.location_id == location_id, or_(*mentions))
        .order_by(table.c[order])
    )
    wanted = set(source_keys)
    with ledger.reading() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row for row in rows if wanted & set(json.loads(row["source_keys"]))]
