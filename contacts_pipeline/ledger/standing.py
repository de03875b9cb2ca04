"""Since when each location stands as it does: its last push that went well, and its first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.store import Ledger


@dataclass(frozen=True)
class PushTimes:
    """Moments in UTC, naive; ``last_good`` is None where no push has gone well yet."""

    first: datetime
    last_good: datetime | None


def push_times(ledger: Ledger) -> dict[str, PushTimes]:
    """The times of every location that was ever pushed, or that a push gave up."""
    table = schema.pushes
    good = case((table.c.status == "ok", table.c.finished_at))
    query = (
        select(table.c.location_id, func.min(table.c.started_at), func.max(good))
        .where(table.c.crm == ledger.crm)
        .group_by(table.c.location_id)
    )
    with ledger.reading() as connection:
        return {name: PushTimes(first, good) for name, first, good in connection.execute(query)}
