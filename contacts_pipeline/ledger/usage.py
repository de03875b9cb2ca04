"""How much of a location's day is left: what the CRM said last, else what the ledger counted.

The hour at which the CRM begins a new day is not known, so the ledger counts the last 24 hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, or_, select, union_all

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.store import Ledger, utc_now

DAY = timedelta(hours=24)
HEADERS_HOLD = timedelta(hours=1)
NEVER_SENT = ("not_sent", "crm_unreachable")


@dataclass(frozen=True)
class DayLeft:
    """``requests`` that may still go today, and who says so."""

    requests: int
    known_from: Literal["headers", "ledger"]


def day_left(
    ledger: Ledger, daily_limits: Mapping[str, int], now: datetime | None = None
) -> dict[str, DayLeft]:
    """What is left to each location, by its limit; ``daily_limits`` in requests a day."""
    now = now or utc_now()
    counted = _requests(ledger, dict.fromkeys(daily_limits, now - DAY))
    left = {
        location_id: DayLeft(limit - counted.get(location_id, 0), "ledger")
        for location_id, limit in daily_limits.items()
    }
    seen = {
        location_id: (remaining, at)
        for location_id, (remaining, at) in _headers(ledger).items()
        if location_id in left and timedelta(0) <= now - at < HEADERS_HOLD
    }
    since = _requests(ledger, {location_id: at for location_id, (_, at) in seen.items()})
    for location_id, (remaining, _) in seen.items():
        left[location_id] = DayLeft(remaining - since.get(location_id, 0), "headers")
    return left


def record_read(
    ledger: Ledger, location_id: str, run_id: str, requests: int, daily_remaining: int | None
) -> None:
    """Count what reading a location took, and keep what the CRM then said is left."""
    now = utc_now()
    place = {"crm": ledger.crm, "location_id": location_id}
    with ledger.writing() as connection:
        row = {**place, "run_id": run_id, "read_at": now, "requests": requests}
        ledger.replace(connection, schema.reads, [row])
        if daily_remaining is not None:
            said = {"daily_remaining": daily_remaining, "limits_seen_at": now}
            ledger.replace(connection, schema.locations, [{**place, **said}])


def _requests(ledger: Ledger, since: Mapping[str, datetime]) -> dict[str, int]:
    """Requests to each location after its moment, reads included."""
    table, reads = schema.requests, schema.reads
    found: dict[str, int] = {}
    with ledger.reading() as connection:
        for location_id, moment in since.items():
            sent = select(func.count()).where(
                table.c.crm == ledger.crm,
                table.c.location_id == location_id,
                table.c.intended_at > moment,
                or_(table.c.verdict.is_(None), table.c.verdict.not_in(NEVER_SENT)),
            )
            read = select(func.coalesce(func.sum(reads.c.requests), 0)).where(
                reads.c.crm == ledger.crm,
                reads.c.location_id == location_id,
                reads.c.read_at > moment,
            )
            found[location_id] = sum(connection.scalars(union_all(sent, read)))
    return found


def _headers(ledger: Ledger) -> dict[str, tuple[int, datetime]]:
    table = schema.locations
    query = select(table.c.location_id, table.c.daily_remaining, table.c.limits_seen_at).where(
        table.c.crm == ledger.crm, table.c.daily_remaining.is_not(None)
    )
    with ledger.reading() as connection:
        return {row.location_id: (row[1], row[2]) for row in connection.execute(query)}
