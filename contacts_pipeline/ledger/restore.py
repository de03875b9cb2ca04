"""Putting back what a lost ledger knew of a location's contacts, whole or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, insert, select, true, update

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.changes import count_change
from contacts_pipeline.ledger.store import Ledger


def restore_contacts(
    ledger: Ledger,
    location_id: str,
    run_id: str,
    contacts: Sequence[Mapping[str, Any]],
    *,
    known_at: datetime,
    changes: int,
) -> None:
    """Make ``contacts`` all that is known of the location; every plan made before is stale.

    ``known_at`` and ``changes`` are of the list in which they were found.
    Requests of unknown fate are settled: a list that was read after them shows what they did.
    """

    def here(table: Table) -> tuple[Any, Any]:
        return table.c.crm == ledger.crm, table.c.location_id == location_id

    place = {"crm": ledger.crm, "location_id": location_id}
    with ledger.writing() as connection:
        query = select(schema.locations.c.version).where(*here(schema.locations))
        version = (connection.execute(query).scalar() or 0) + 1
        connection.execute(delete(schema.contacts).where(*here(schema.contacts)))
        connection.execute(
            update(schema.requests).where(*here(schema.requests)).values(settled=true())
        )
        ledger.replace(
            connection, schema.locations, [{**place, "version": version, "plan_id": run_id}]
        )
        count_change(ledger, connection, [location_id])
        if contacts:
            written = {**place, "run_id": run_id, "known_at": known_at, "changes": changes}
            connection.execute(insert(schema.contacts), [{**one, **written} for one in contacts])
