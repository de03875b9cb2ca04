"""The plan of each location: the last one where that still holds, else a new one on disk."""

from collections.abc import Mapping, Sequence
from functools import partial

import duckdb
import pyarrow as pa

from contacts_pipeline.ledger import (
    DayLeft,
    Ledger,
    day_left,
    read_acknowledged_contacts,
    read_acknowledged_fields,
)
from contacts_pipeline.plan.files import PlanHeader
from contacts_pipeline.plan.headers import extracted_before, header, last_header
from contacts_pipeline.plan.inputs import DEFERRED_CONTACTS, PlannedLocation, Sources
from contacts_pipeline.plan.kept import digest_inputs, still_holds
from contacts_pipeline.plan.memory import memory_path, remember
from contacts_pipeline.plan.planner import Known, Relations, define_all, planning
from contacts_pipeline.plan.writing import save_plans
from contacts_pipeline.settings import Policy

SENDING: Relations = (
    ("sending_order", "table"),
    ("plan_counts", "table"),
)


def plan_locations(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    ledger: Ledger,
    policy: Policy,
    *,
    run_id: str,
    hash_key: bytes,
) -> dict[str, PlanHeader]:
    """The header of each location's plan, by location id.

    A plan that sends nothing, and whose inputs are those of the last one, is the last one.
    """
    inputs = digest_inputs(locations, sources, ledger, policy, hash_key)
    last = {one.location_id: last_header(one, sources.snapshots, ledger.crm) for one in locations}
    kept = {}
    for one in locations:
        before = last[one.location_id]
        if before is not None and still_holds(before, inputs.get(one.location_id), one):
            told = {"run_id": run_id, "spent": one.spent}
            kept[one.location_id] = before.model_copy(update=told)
    changed = [one for one in locations if one.location_id not in kept]
    if not changed:
        return kept
    return kept | _plan_anew(
        changed, sources, ledger, policy, run_id=run_id, hash_key=hash_key, inputs=inputs, last=last
    )


def _plan_anew(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    ledger: Ledger,
    policy: Policy,
    *,
    run_id: str,
    hash_key: bytes,
    inputs: Mapping[str, str],
    last: Mapping[str, PlanHeader | None],
) -> dict[str, PlanHeader]:
    ids = [location.location_id for location in locations]
    versions = {location_id: ledger.version(location_id)[0] for location_id in ids}
    memories = {one: memory_path(sources.snapshots, ledger.crm, one) for one in ids}
    known = Known(
        read_acknowledged_contacts(ledger, ids),
        ledger.unsettled(ids),
        partial(read_acknowledged_fields, ledger),
        list(memories.values()),
    )
    with planning(locations, sources, known, policy, hash_key) as con:
        days = _register_days(con, ledger, locations)
        define_all(con, SENDING)
        counted = con.sql("from plan_counts").to_arrow_table().to_pylist()
        facts = {row["location_id"]: row for row in counted}
        headers = {
            one.location_id: header(
                one,
                facts[one.location_id],
                days.get(one.location_id),
                rows_before=extracted_before(one, last[one.location_id]),
                version=versions[one.location_id],
                crm=ledger.crm,
                run_id=run_id,
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
