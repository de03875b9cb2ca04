"""Sending a location's plan, and the proof of what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from contacts_pipeline.ledger import Ledger, day_left, record_read
from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.pull import Door, ReadSettings
from contacts_pipeline.push import (
    LocationPush,
    LocationReport,
    PushSettings,
    Recount,
    push_locations,
    write_outcomes,
)
from contacts_pipeline.push.readback import ReadBack, read_back, written_contacts
from contacts_pipeline.settings import Location
from contacts_pipeline.steps.plan import (
    Planned,
    disabled_report,
    is_enabled,
    record_report,
    stored_plan,
)
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.steps.stages import StageMissingError, location_snapshot
from contacts_pipeline.workspace import Workspace

LedgerRow = Mapping[str, Any]


@dataclass(frozen=True)
class Pushed:
    """What a location's push came to."""

    header: PlanHeader
    path: Path
    report: LocationReport


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


def push(
    workspace: Workspace,
    ledger: Ledger,
    planned: Mapping[str, Planned],
    run_id: str,
    *,
    force: bool,
    progress: Callable[[str, int, int], None],
) -> dict[str, LocationReport]:
    """Send each location's plan."""
    registry = registered_locations(workspace)
    settings = workspace.settings.crm
    enabled = {name: one for name, one in planned.items() if is_enabled(registry, name)}
    disabled = {
        name: disabled_report(name, one.header)
        for name, one in planned.items()
        if name not in enabled
    }
    for name, report in disabled.items():
        record_report(ledger, name, run_id, report)
    return disabled | push_locations(
        [_location_push(workspace, registry[name], one) for name, one in enabled.items()],
        PushSettings(
            base_url=settings.base_url,
            timeout_seconds=settings.timeout_seconds,
            settle_seconds=settings.settle_seconds,
            max_tries=settings.max_tries,
            force=force,
        ),
        ledger,
        run_id=run_id,
        hash_key=workspace.hash_key,
        progress=progress,
    )


def _location_push(workspace: Workspace, location: Location, planned: Planned) -> LocationPush:
    hours = workspace.quiet_hours(location)
    return LocationPush(
        plan=planned.header,
        rows=planned.path,
        access=workspace.access(location),
        token_env=workspace.token_env(location),
        burst_limit=location.burst_limit,
        interval_seconds=location.interval_ms / 1000,
        daily_limit=location.daily_limit,
        daily_reserve=location.daily_reserve,
        max_refuse_share=location.max_refuse_share,
        quiet_from=hours.next_start(datetime.now(UTC)) if hours else None,
    )


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
        outcomes = ledger.outcomes(location_id, run_id, one.header.plan_id)
        room = max(left[location_id].requests - location.daily_reserve, 0)
        wanted = room if sample == "all" else min(sample, room)
        contacts = written_contacts(one.path, outcomes, wanted, run_id)
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
        ledger.revise_push(location_id, run_id, report.model_dump())
    return found


def prove(
    con: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    ledger: Ledger,
    location_id: str,
    *,
    run_id: str,
    found: ReadBack | None = None,
) -> Proven:
    """Write the outcome of every identity, and count again what the push reported.

    Without a push in this run the location's last one is told, by the plan that it pushed.
    """
    last = ledger.last_pushes([location_id], run_id) or ledger.last_pushes([location_id])
    pushed = last.get(location_id)
    if pushed is None or pushed["plan_id"] is None:
        raise StageMissingError(f"location {location_id}: nothing was pushed to it yet; push first")
    plan = stored_plan(workspace, ledger.crm, location_id, pushed["plan_id"])
    report = LocationReport.model_validate_json(pushed["report"])
    path = location_snapshot(workspace, "upsert_outcomes", location_id)
    recount = write_outcomes(
        con, ledger, plan.header, plan.path, report=report, run_id=pushed["run_id"], path=path
    )
    return Proven(report, recount, path, plan.header, pushed, found)
