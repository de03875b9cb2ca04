"""The plan of each location: the last one where that still holds, else a new one on disk."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contacts_pipeline.engine import define, engine, scan
from contacts_pipeline.ledger import (
    DayLeft,
    Ledger,
    day_left,
    read_acknowledged_contacts,
    read_acknowledged_fields,
)
from contacts_pipeline.plan.files import PlanHeader
from contacts_pipeline.plan.headers import extracted_before, header, last_header
from contacts_pipeline.plan.inputs import (
    DEFERRED_CONTACTS,
    PACKAGE,
    PlannedLocation,
    Sources,
    unchanging_lists,
    unchanging_sources,
)
from contacts_pipeline.plan.kept import digest_inputs, still_holds
from contacts_pipeline.plan.memory import memory_path, remember
from contacts_pipeline.plan.places import register_by_place
from contacts_pipeline.plan.planner import Known, Relations, define_all, planning
from contacts_pipeline.plan.writing import save_plans
from contacts_pipeline.settings import Policy
from contacts_pipeline.snapshots import snapshot_id

SENDING: Relations = (
    ("sending_order", "table"),
    ("plan_counts", "table"),
)
IDENTITIES_AT_ONCE = 250_000
"""Planned in one pass: its tables fit into half a gigabyte."""
LOCATIONS_AT_ONCE = 250
"""Planned in one pass, each with three open files at most."""


def plan_locations(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    ledger: Ledger,
    policy: Policy,
    *,
    run_id: str,
    hash_key: bytes,
    identities_at_once: int = IDENTITIES_AT_ONCE,
) -> dict[str, PlanHeader]:
    """The header of each location's plan, by location id.

    A plan that sends nothing, and whose inputs are those of the last one, is the last one. More
    than ``identities_at_once`` are planned together only where one location has them.
    """
    with unchanging_sources(sources) as still:
        refresh = snapshot_id(still.unique_contacts)
        inputs = digest_inputs(locations, still, ledger, policy, hash_key)
        last = {
            one.location_id: last_header(one, sources.snapshots, ledger.crm) for one in locations
        }
        plans = {}
        for one in locations:
            before = last[one.location_id]
            if before is not None and still_holds(before, inputs.get(one.location_id), one):
                told = {"run_id": run_id, "refresh": refresh, "spent": one.spent}
                plans[one.location_id] = before.model_copy(update=told)
        changed = [one for one in locations if one.location_id not in plans]
        judged = _judged_rows(still) if changed else pa.table({})
        for some in _passes(changed, still, identities_at_once):
            with unchanging_lists(some) as places:
                plans |= _plan_anew(
                    places,
                    still,
                    judged,
                    ledger,
                    policy,
                    run_id=run_id,
                    refresh=refresh,
                    hash_key=hash_key,
                    inputs=inputs,
                    last=last,
                )
        return plans


def _passes(
    locations: Sequence[PlannedLocation], sources: Sources, identities_at_once: int
) -> Iterator[Sequence[PlannedLocation]]:
    """The locations in groups that are small enough, in the order in which their contacts stand."""
    sizes = _sizes(sources) if _rows(sources) > identities_at_once else {}
    group: list[PlannedLocation] = []
    room = identities_at_once
    for one in sorted(locations, key=lambda location: location.location_id):
        size = sizes.get(one.location_id, 0)
        if group and (size > room or len(group) == LOCATIONS_AT_ONCE):
            yield group
            group, room = [], identities_at_once
        group.append(one)
        room -= size
    if group:
        yield group


def _rows(sources: Sources) -> int:
    return int(pq.read_metadata(sources.unique_contacts).num_rows)


def _sizes(sources: Sources) -> dict[str, int]:
    """The identities of each location."""
    with engine(sources.scratch) as con:
        scan(con, "unique_contacts", sources.unique_contacts)
        counted = "select location_id, count(*) from unique_contacts group by location_id"
        return dict(con.execute(counted).fetchall())


def _judged_rows(sources: Sources) -> pa.Table:
    """The relation of that name, once for all passes: it reads the rows of all locations."""
    with engine(sources.scratch) as con:
        scan(con, "valid_contacts", sources.valid_contacts)
        define(con, PACKAGE, "judged_rows")
        return con.sql("from judged_rows").to_arrow_table()


def _plan_anew(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    judged: pa.Table,
    ledger: Ledger,
    policy: Policy,
    *,
    run_id: str,
    refresh: str | None,
    hash_key: bytes,
    inputs: Mapping[str, str],
    last: Mapping[str, PlanHeader | None],
) -> dict[str, PlanHeader]:
    ids = [location.location_id for location in locations]
    positions = ledger.positions(ids)
    memories = {one: memory_path(sources.snapshots, ledger.crm, one) for one in ids}
    known = Known(
        read_acknowledged_contacts(ledger, ids),
        ledger.unsettled(ids),
        partial(read_acknowledged_fields, ledger),
        list(memories.values()),
    )
    with planning(locations, sources, known, policy, hash_key) as con:
        days = _register_days(con, ledger, locations)
        here = judged.filter(pc.is_in(judged["location_id"], pa.array(ids, pa.string())))
        register_by_place(con, "judged_rows", here)
        define_all(con, SENDING)
        counted = con.sql("from plan_counts").to_arrow_table().to_pylist()
        facts = {row["location_id"]: row for row in counted}
        headers = {
            one.location_id: header(
                one,
                facts[one.location_id],
                days.get(one.location_id),
                rows_before=extracted_before(one, last[one.location_id]),
                position=positions[one.location_id],
                crm=ledger.crm,
                run_id=run_id,
                refresh=refresh,
                inputs=inputs.get(one.location_id),
            )
            for one in locations
        }
        save_plans(con, headers, sources.snapshots)
        remember(con, memories)
    return headers


def _register_days(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, locations: Sequence[PlannedLocation]
) -> dict[str, DayLeft]:
    """What is left of the day where anything is to be sent, and what has waited longest."""
    busy = {
        location_id
        for (location_id,) in con.execute(
            "select distinct location_id from upsert_plan where action in ('create', 'update')"
        ).fetchall()
    }
    sending = [location for location in locations if location.location_id in busy]
    days = day_left(ledger, {one.location_id: one.daily_limit for one in sending})
    con.register(
        "day_left",
        pa.table(
            {
                "location_id": pa.array([one.location_id for one in sending], pa.string()),
                "requests": pa.array(
                    [days[one.location_id].requests - one.daily_reserve for one in sending],
                    pa.int64(),
                ),
            }
        ),
    )
    outcomes = [str(one.outcomes) for one in sending if one.outcomes]
    if outcomes:
        left = con.read_parquet(outcomes).filter("state = 'deferred'")
        con.register("deferred_contacts", left.select("location_id, identity"))
    else:
        con.register("deferred_contacts", DEFERRED_CONTACTS.empty_table())
    return days
