"""The proof of what became of every identity: read back, written down, counted again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from contacts_pipeline.engine import engine
from contacts_pipeline.ledger import (
    Ledger,
    acknowledged_contacts,
    day_left,
    last_pushes,
    record_read,
    revise_push,
)
from contacts_pipeline.plan import PlanError, PlanHeader
from contacts_pipeline.pull import Door, ReadSettings
from contacts_pipeline.push import EndedPush, LocationReport, Recount, write_outcomes
from contacts_pipeline.push.readback import ReadBack, read_back, written_contacts
from contacts_pipeline.steps.plan import Unplanned, is_enabled, stored_plan, unplanned
from contacts_pipeline.steps.push import Pushed
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.steps.stages import StageMissingError, location_snapshot
from contacts_pipeline.workspace import Workspace

LedgerRow = Mapping[str, Any]
_ROWS_AT_ONCE = 100_000  # source rows; their outcomes take some 100 MB while they are written


@dataclass(frozen=True)
class Proven:
    """A location's outcomes, counted twice: by the push and from the table it left.

    ``push`` is the ledger's row of it.
    """

    report: LocationReport
    recount: Recount
    path: Path
    plan: PlanHeader
    push: LedgerRow
    read_back: ReadBack | None = None


def read_back_written(
    workspace: Workspace, ledger: Ledger, pushed: Mapping[str, Pushed], run_id: str
) -> dict[str, ReadBack]:
    """Read from the CRM what this run wrote, as much of it as the settings and the day allow.

    A push that was stopped is not read back: it was told to ask for nothing more. What the reading
    took is added to the location's report, and counts against its day.
    """
    sample = workspace.settings.proof.sample
    registry, crm = registered_locations(workspace), workspace.settings.crm
    ended = {
        name: one
        for name, one in pushed.items()
        if is_enabled(registry, name) and one.report.ran_to_its_end and sample
    }
    left = day_left(ledger, {name: registry[name].daily_limit for name in ended})
    written = {}
    for location_id, one in ended.items():
        location, access = registry[location_id], workspace.access(registry[location_id])
        acknowledged = acknowledged_contacts(ledger, location_id, run_id, one.header.plan_id)
        room = max(left[location_id].requests - location.daily_reserve, 0)
        wanted = room if sample == "all" else min(sample, room)
        contacts = written_contacts(one.path, acknowledged, wanted, run_id)
        if contacts and access is not None:
            seconds = location.interval_ms / 1000
            written[location_id] = (
                Door(location_id, access, location.burst_limit, seconds),
                contacts,
            )
    settings = ReadSettings(crm.base_url, crm.timeout_seconds, crm.max_tries)
    found = read_back(written, settings, by_pages=sample == "all")
    for location_id, one_read in found.items():
        record_read(ledger, location_id, run_id, one_read.spent.requests, one_read.daily_remaining)
        report = pushed[location_id].report.after(one_read.spent)
        report = report.model_copy(update={"converged": one_read.converged})
        revise_push(ledger, location_id, run_id, report.model_dump())
    return found


def prove(
    workspace: Workspace, ledger: Ledger, found: Mapping[str, ReadBack | None], run_id: str
) -> Iterator[tuple[str, Proven | Unplanned]]:
    """Write the outcome of every identity, and count again what each location's push reported.

    ``found`` are the locations to prove, with what was read back from them. Of one without a push
    in this run the last one is told, by the plan that it pushed.
    """
    ids = list(found)
    pushes = (last_pushes(ledger, ids) | last_pushes(ledger, ids, run_id)) if ids else {}
    with engine(workspace.scratch) as con:
        for part in _in_passes(_ended(workspace, ledger, ids, pushes)):
            for location_id, result in _results(con, ledger, part).items():
                if isinstance(result, Unplanned):
                    yield location_id, result
                else:
                    yield location_id, replace(result, read_back=found[location_id])


@dataclass(frozen=True)
class _Ended:
    """A push to prove: its plan, its row of the ledger, and where its outcomes go."""

    plan: PlanHeader
    push: LedgerRow
    outcomes: EndedPush


def _ended(
    workspace: Workspace,
    ledger: Ledger,
    location_ids: Iterable[str],
    pushes: Mapping[str, LedgerRow],
) -> Iterator[tuple[str, _Ended | Unplanned]]:
    for location_id in location_ids:
        try:
            yield location_id, _ended_push(workspace, ledger, location_id, pushes.get(location_id))
        except (PlanError, StageMissingError) as error:
            yield location_id, unplanned(error)


def _ended_push(
    workspace: Workspace, ledger: Ledger, location_id: str, push: LedgerRow | None
) -> _Ended:
    if push is None or push["plan_id"] is None:
        raise StageMissingError(f"location {location_id}: nothing was pushed to it yet; push first")
    plan = stored_plan(workspace, ledger.crm, location_id, push["plan_id"])
    outcomes = EndedPush(
        location_id,
        push["plan_id"],
        plan.path,
        push["run_id"],
        LocationReport.model_validate_json(push["report"]),
        location_snapshot(workspace, "upsert_outcomes", location_id),
    )
    return _Ended(plan.header, push, outcomes)


def _results(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, part: Mapping[str, "_Ended | Unplanned"]
) -> dict[str, Proven | Unplanned]:
    """Each location's; where the plans of several can't be read together, one after the other."""
    ended = {name: one for name, one in part.items() if isinstance(one, _Ended)}
    results: dict[str, Proven | Unplanned] = {
        name: one for name, one in part.items() if isinstance(one, Unplanned)
    }
    try:
        recounts = write_outcomes(con, ledger, [one.outcomes for one in ended.values()])
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error as error:  # a plan was removed, damaged, or is another program's
        if len(ended) > 1:
            for name, one in ended.items():
                results |= _results(con, ledger, {name: one})
            return results
        told = str(error).splitlines()[0]
        return results | {
            name: unplanned(PlanError(f"location {name}: its plan can't be read: {told}"))
            for name in ended
        }
    return results | {
        name: Proven(one.outcomes.report, recounts[name], one.outcomes.path, one.plan, one.push)
        for name, one in ended.items()
    }


def _in_passes(
    ended: Iterable[tuple[str, _Ended | Unplanned]],
) -> Iterator[dict[str, _Ended | Unplanned]]:
    """As many locations at a time as are cheap to hold in memory, one at least."""
    part: dict[str, _Ended | Unplanned] = {}
    rows = 0
    for location_id, one in ended:
        more = one.plan.counts.extracted if isinstance(one, _Ended) else 0
        if part and rows + more > _ROWS_AT_ONCE:
            yield part
            part, rows = {}, 0
        part[location_id] = one
        rows += more
    if part:
        yield part
