"""The plan of each location: what the CRM says of itself first, then one pass for all."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import Ledger, last_pushes, record_push, utc_now
from contacts_pipeline.plan import (
    CustomField,
    PlanCounts,
    PlanHeader,
    PlannedLocation,
    Sources,
    forget_plans,
    newest_plan,
    plan_locations,
    plan_path,
    read_header,
)
from contacts_pipeline.plan.inputs import is_current_list
from contacts_pipeline.prepare import country_meant
from contacts_pipeline.pull import (
    ContactsRead,
    load_allows_duplicates,
    load_catalogue,
)
from contacts_pipeline.push import LocationReport
from contacts_pipeline.settings import Location
from contacts_pipeline.steps.audits import count_unplanned
from contacts_pipeline.steps.reading import Reading, read_for_plans
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.steps.stages import (
    catalogue_path,
    details_path,
    location_snapshot,
    stage,
    unified_contacts,
)
from contacts_pipeline.workspace import Workspace

UNUSED_PLAN_STAYS_SECONDS = 86_400.0  # somebody may be about to push it


@dataclass(frozen=True)
class Unplanned:
    """A location for which no plan could be made or found, and how it is reported.

    ``recorded``: the report stands in the ledger, as how a push ended.
    """

    report: LocationReport
    recorded: bool = False


@dataclass(frozen=True)
class Planned:
    """A location's plan on disk; ``read`` is what the CRM listed for it, None if nothing was."""

    header: PlanHeader
    path: Path
    read: ContactsRead | None = None


def plan(
    workspace: Workspace, ledger: Ledger, location_ids: Sequence[str], run_id: str
) -> dict[str, Planned | Unplanned]:
    """Make the plan of each location; reads the CRM where the settings want it, writes nothing."""
    registry = registered_locations(workspace)
    sources = Sources(
        unified_contacts(workspace),
        stage(workspace, "unique_contacts"),
        workspace.snapshots,
        workspace.scratch,
    )
    results: dict[str, Planned | Unplanned] = {}
    wanted: list[Location] = []
    for location_id in location_ids:
        if is_enabled(registry, location_id):
            wanted.append(registry[location_id])
        else:
            results[location_id] = Unplanned(disabled_report(location_id))
    reading = read_for_plans(workspace, ledger, wanted, run_id)
    last = last_pushes(ledger, [location.id for location in wanted])
    planned = [
        _planned(workspace, location, reading, last)
        for location in wanted
        if location.id not in reading.unreadable
    ]
    headers = plan_locations(
        planned,
        sources,
        ledger,
        workspace.settings.policy,
        run_id=run_id,
        hash_key=workspace.hash_key,
    )
    for location_id, report in reading.unreadable.items():
        held = count_unplanned(workspace, location_id)
        results[location_id] = Unplanned(report.model_copy(update=held))
    for location_id, header in headers.items():
        path = plan_path(workspace.snapshots, ledger.crm, location_id, header.plan_id)
        results[location_id] = Planned(header, path, reading.contacts(location_id))
    _forget_plans(workspace, ledger, list(headers))
    return results


def is_enabled(registry: Mapping[str, Location], location_id: str) -> bool:
    """Whether the registry has the location, and anything may be sent to it."""
    return location_id in registry and registry[location_id].enabled


def disabled_report(location_id: str, header: PlanHeader | None = None) -> LocationReport:
    """The report of a location that the registry has no longer, or has disabled."""
    return LocationReport.held_back(
        header.counts if header else PlanCounts(),
        "location_disabled",
        f"location {location_id}: it is not enabled in the registry; enable it there",
    )


def unplanned(error: PipelineError) -> Unplanned:
    """A location that is held because of ``error``: what it needs was not made yet, or is gone."""
    return Unplanned(LocationReport(status="held", reason=error.code, told=str(error)))


def record_report(ledger: Ledger, location_id: str, run_id: str, report: LocationReport) -> None:
    """Write down how a run ended for a location that it could not push."""
    record_push(
        ledger,
        location_id,
        run_id,
        plan_id=None,
        started_at=utc_now(),
        status=report.status,
        reason=report.reason or report.deferred_because,
        report=report.model_dump(),
    )


def stored_plan(
    workspace: Workspace, crm: str, location_id: str, plan_id: str | None = None
) -> Planned:
    """A plan of a location; the one that was made last, unless another is named."""
    path = (
        plan_path(workspace.snapshots, crm, location_id, plan_id)
        if plan_id
        else newest_plan(workspace.snapshots, crm, location_id)
    )
    header = read_header(path, location_id)
    return Planned(header, plan_path(workspace.snapshots, crm, location_id, header.plan_id))


def _forget_plans(workspace: Workspace, ledger: Ledger, location_ids: Sequence[str]) -> None:
    """Remove plans that no push needs: neither one that may go on nor the proof of the last."""
    pushed, positions = last_pushes(ledger, location_ids), ledger.positions(location_ids)
    for location_id in location_ids:
        needed = [positions[location_id].plan_id or ""]
        if location_id in pushed:
            needed.append(pushed[location_id]["plan_id"] or "")
        forget_plans(
            workspace.snapshots, ledger.crm, location_id, needed, UNUSED_PLAN_STAYS_SECONDS
        )


def _planned(
    workspace: Workspace,
    location: Location,
    reading: Reading,
    last: Mapping[str, Mapping[str, Any]],
) -> PlannedLocation:
    contacts = location_snapshot(workspace, "crm_contacts", location.id)
    return PlannedLocation(
        location_id=location.id,
        match=location.match,
        burst_limit=location.burst_limit,
        interval_ms=location.interval_ms,
        max_reject_share=location.max_reject_share,
        max_create_share=location.max_create_share,
        max_shrink_share=location.max_shrink_share,
        daily_limit=location.daily_limit,
        daily_reserve=location.daily_reserve,
        custom_fields=custom_fields_of(workspace, location),
        region=country_meant(location.country),
        crm_contacts=contacts if is_current_list(contacts) else None,
        is_fresh=reading.listed(location.id),
        spent=reading.spent(location.id),
        scored=workspace.settings.policy.crm_snapshot != "never",
        allows_duplicates=load_allows_duplicates(details_path(workspace, location.id)),
        outcomes=_outcomes_to_finish(workspace, location, last),
        pushed_plan_id=_pushed_plan(location, last),
    )


def _outcomes_to_finish(
    workspace: Workspace, location: Location, last: Mapping[str, Mapping[str, Any]]
) -> Path | None:
    """The outcomes of the location's last push, if it had to leave contacts for later."""
    push = last.get(location.id)
    path = location_snapshot(workspace, "upsert_outcomes", location.id)
    return path if push and json.loads(push["report"])["deferred"] and path.exists() else None


def _pushed_plan(location: Location, last: Mapping[str, Mapping[str, Any]]) -> str | None:
    push = last.get(location.id)
    return push["plan_id"] if push and push["status"] != "held" else None


def custom_fields_of(workspace: Workspace, location: Location) -> dict[str, CustomField]:
    """The custom fields of a location by key, as they were last read."""
    catalogue = load_catalogue(catalogue_path(workspace, location.id))
    return {
        key: CustomField(
            id=found.id,
            data_type=found.data_type,
            options=tuple(str(option) for option in found.picklist_options or ()),
            allows_other=found.allows_other,
            region=country_meant(location.country),
            phones=workspace.settings.validation.phones,
            date_order=workspace.settings.contacts.date_order,
        )
        for key, found in catalogue.items()
    }
