"""How each push of a location ended, in the order in which they were written down."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Case, FromClause, and_, case, delete, func, select, tuple_, update

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.store import Ledger, utc_now


@dataclass(frozen=True)
class PushTimes:
    """Moments in UTC, naive; ``last_good`` is None where none has sent all that it had to yet."""

    first: datetime
    last_good: datetime | None


def record_push(
    ledger: Ledger,
    location_id: str,
    run_id: str,
    *,
    plan_id: str | None,
    started_at: datetime,
    status: str,
    reason: str | None,
    report: Mapping[str, Any],
) -> None:
    """Write down how a location's push ended; a second call for the run replaces the first."""
    row = {
        "crm": ledger.crm,
        "location_id": location_id,
        "run_id": run_id,
        "plan_id": plan_id,
        "started_at": started_at,
        "finished_at": utc_now(),
        "status": status,
        "reason": reason,
        "report": json.dumps(report),
    }
    table = schema.pushes
    earlier = table.alias()
    greatest = select(func.max(earlier.c.number)).where(*_of(ledger, earlier, location_id))
    with ledger.writing() as connection:
        ledger.replace(connection, table, [row])
        connection.execute(
            update(table)
            .where(*_of(ledger, table, location_id), table.c.run_id == run_id)
            .values(number=greatest.scalar_subquery() + 1)
        )


def revise_push(ledger: Ledger, location_id: str, run_id: str, report: Mapping[str, Any]) -> None:
    """Put another report in the place of the one that the run's push left."""
    table = schema.pushes
    with ledger.writing() as connection:
        connection.execute(
            update(table)
            .where(*_of(ledger, table, location_id), table.c.run_id == run_id)
            .values(report=json.dumps(report))
        )


def last_pushes(
    ledger: Ledger, location_ids: Sequence[str] | None = None, run_id: str | None = None
) -> dict[str, Mapping[str, Any]]:
    """The push of each location that was recorded last, or those of one run."""
    table = schema.pushes
    wanted = [table.c.crm == ledger.crm]
    if location_ids:
        wanted.append(table.c.location_id.in_(location_ids))
    if run_id:
        wanted.append(table.c.run_id == run_id)
    last = (
        select(table.c.location_id, func.max(table.c.number).label("number"))
        .where(*wanted)
        .group_by(table.c.location_id)
        .subquery()
    )
    newest = and_(table.c.location_id == last.c.location_id, table.c.number == last.c.number)
    query = select(table).join(last, newest).where(*wanted)
    with ledger.reading() as connection:
        rows = connection.execute(query).mappings()
        return {row["location_id"]: dict(row) for row in rows}


def push_times(ledger: Ledger) -> dict[str, PushTimes]:
    """The times of every location that was ever pushed, or that a push gave up."""
    table = schema.pushes
    query = (
        select(table.c.location_id, func.min(table.c.started_at), func.max(_good_at(table)))
        .where(table.c.crm == ledger.crm)
        .group_by(table.c.location_id)
    )
    with ledger.reading() as connection:
        return {name: PushTimes(first, good) for name, first, good in connection.execute(query)}


def forget_pushes(ledger: Ledger, before: datetime) -> int:
    """Remove the pushes that ended before a moment in UTC, naive; returns how many.

    Of each location the last one stays, however old, and the last that went well; where none did,
    the first: they say how it stands.
    """
    table = schema.pushes
    needed = (
        select(
            table.c.location_id,
            func.max(table.c.number).label("last"),
            func.max(_good_at(table)).label("last_good"),
            func.min(table.c.started_at).label("first"),
        )
        .where(table.c.crm == ledger.crm)
        .group_by(table.c.location_id)
        .subquery()
    )
    pushed = table.alias()
    says_nothing = (
        select(pushed.c.location_id, pushed.c.run_id)
        .join(needed, pushed.c.location_id == needed.c.location_id)
        .where(
            pushed.c.crm == ledger.crm,
            pushed.c.finished_at < before,
            pushed.c.number != needed.c.last,
            case(
                (needed.c.last_good.is_(None), pushed.c.started_at != needed.c.first),
                else_=_good_at(pushed).is_distinct_from(needed.c.last_good),
            ),
        )
    )
    with ledger.writing() as connection:
        return connection.execute(
            delete(table).where(
                table.c.crm == ledger.crm,
                tuple_(table.c.location_id, table.c.run_id).in_(says_nothing),
            )
        ).rowcount


def _good_at(table: FromClause) -> Case[datetime | None]:
    """When the push ended if it sent all that it had to, else null: what waits is not there yet."""
    return case((and_(table.c.status == "ok", table.c.reason.is_(None)), table.c.finished_at))


def _of(ledger: Ledger, table: FromClause, location_id: str) -> tuple[Any, Any]:
    return table.c.crm == ledger.crm, table.c.location_id == location_id
