"""What came before what in a location, by counting commits: a clock may be set, a count only rises.

Each commit that changes what a plan reads raises its location's number, and what it writes bears
it. A list of the CRM bears the number that stood when its reading began.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.bulk import merge_rows
from contacts_pipeline.ledger.store import Ledger


def count_change(
    ledger: Ledger, connection: Connection, location_ids: Collection[str]
) -> Mapping[str, int]:
    """Raise the number of each location by one, in the transaction of ``connection``."""
    if not location_ids:
        return {}
    # In one order, so that two processes never wait for each other.
    rows = [
        {"crm": ledger.crm, "location_id": one, "version": 0, "changes": 1}
        for one in sorted(location_ids)
    ]
    merge_rows(connection, schema.locations, rows, {"changes": "locations.changes + 1"})
    return _numbers(ledger, connection, location_ids)


def _numbers(
    ledger: Ledger, connection: Connection, location_ids: Collection[str]
) -> dict[str, int]:
    table = schema.locations
    query = select(table.c.location_id, table.c.changes).where(
        table.c.crm == ledger.crm, table.c.location_id.in_(location_ids)
    )
    return {row.location_id: row.changes for row in connection.execute(query)}


def stamped(rows: Sequence[Mapping[str, Any]], changes: Mapping[str, int]) -> list[dict[str, Any]]:
    """``rows`` with the number of their location."""
    return [{**row, "changes": changes[row["location_id"]]} for row in rows]
