"""The steps of the pipeline, a function a stage: what Dagster's assets call, free of Dagster.

Each reads the stages before it from the workspace, and writes its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan import (
    PlanCounts,
    PlanHeader,
    PlannedLocation,
    Sources,
    plan_locations,
    plan_path,
    read_header,
)
from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.pull import (
    LocationRead,
    ReadResult,
    ReadSettings,
    load_catalogue,
    must_be_read,
    read_locations,
)
from contacts_pipeline.push import LocationPush, LocationReport, PushSettings, push_locations
from contacts_pipeline.settings import Location
from contacts_pipeline.snapshots import file_name
from contacts_pipeline.warehouse import (
    extract_contacts,
    load_locations,
    save_locations,
)
from contacts_pipeline.warehouse import read_locations as read_registry
from contacts_pipeline.workspace import Workspace

UNASSIGNED = ("location_unknown", "location_disabled")


class StageMissingError(PipelineError):
    """A stage that this one reads has not been written yet."""

    code = "stage_missing"


@dataclass(frozen=True)
class Unplanned:
    """A location for which no plan could be made."""

    report: LocationReport


def refresh_locations(workspace: Workspace) -> list[Location]:
    """Read the registry into ``crm_locations``."""
    locations = read_registry(workspace.settings, workspace.scratch)
    save_locations(locations, workspace.snapshot("crm_locations"))
    return locations


def extract(workspace: Workspace) -> int:
    """Read the warehouse into ``warehouse_contacts``; returns its rows."""
    return extract_contacts(
        workspace.settings, workspace.snapshot("warehouse_contacts"), workspace.scratch
    )


def validate(workspace: Workspace) -> None:
    """Judge every row: ``valid_contacts``."""
    write_valid_contacts(
        _stage(workspace, "warehouse_contacts"),
        _stage(workspace, "crm_locations"),
        workspace.snapshot("valid_contacts"),
        workspace.settings,
        scratch=workspace.scratch,
    )


def unify(workspace: Workspace) -> None:
    """One row an identity and location: ``unique_contacts``."""
    write_unique_contacts(
        _stage(workspace, "valid_contacts"),
        _stage(workspace, "crm_locations"),
        workspace.snapshot("unique_contacts"),
        workspace.settings,
        scratch=workspace.scratch,
    )


def plan(
    workspace: Workspace, ledger: Ledger, location_ids: Sequence[str], run_id: str
) -> dict[str, PlanHeader | Unplanned]:
    """Make the plan of each location; reads the CRM where the settings want it, writes nothing."""
    registry = load_locations(_stage(workspace, "crm_locations"))
    sources = Sources(
        _stage(workspace, "valid_contacts"),
        _stage(workspace, "unique_contacts"),
        workspace.snapshots,
        workspace.scratch,
    )
    results: dict[str, PlanHeader | Unplanned] = {}
    wanted: list[Location] = []
    for location_id in location_ids:
        location = registry.get(location_id)
        if location is None or not location.enabled:
            told = f"location {location_id}: it is not enabled in the registry; enable it there"
            results[location_id] = Unplanned(
                LocationReport(status="held", reason="location_disabled", told=told)
            )
        else:
            wanted.append(location)
    reads, unreadable = _reads(workspace, ledger, wanted)
    settings = workspace.settings.crm
    read = read_locations(
        reads, ReadSettings(settings.base_url, settings.timeout_seconds, settings.max_tries)
    )
    unreadable |= {
        location_id: _unread(location_id, result)
        for location_id, result in read.items()
        if result.error is not None
    }
    planned = [
        _planned(workspace, location, {one.location_id: one for one in reads}, read)
        for location in wanted
        if location.id not in unreadable
    ]
    headers = plan_locations(
        planned,
        sources,
        ledger,
        workspace.settings.policy,
        run_id=run_id,
        hash_key=workspace.hash_key,
    )
    for location_id, report in unreadable.items():
        held = count_rows(workspace, location_id)
        results[location_id] = Unplanned(report.model_copy(update=held))
    return results | headers


def push(
    workspace: Workspace,
    ledger: Ledger,
    location_ids: Sequence[str],
    run_id: str,
    *,
    force: bool = False,
    progress: Callable[[str, int], None] = lambda _location, _rows: None,
) -> dict[str, LocationReport]:
    """Send the plan of each location."""
    registry = load_locations(_stage(workspace, "crm_locations"))
    settings = workspace.settings.crm
    pushes = []
    for location_id in location_ids:
        location = registry[location_id]
        path = plan_path(workspace.snapshots, ledger.crm, location_id)
        pushes.append(
            LocationPush(
                plan=read_header(path, location_id),
                rows=path,
                token=workspace.token(location),
                token_env=workspace.token_env(location),
                burst_limit=location.burst_limit,
                interval_seconds=location.interval_ms / 1000,
            )
        )
    return push_locations(
        pushes,
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
        locks=workspace.locks,
        progress=progress,
    )


def unassigned(workspace: Workspace) -> dict[str, int]:
    """Rows of no enabled location, by the code of their rejection."""
    rows = duckdb.execute(
        "select rejection.code, count(*) from read_parquet(?) "
        "where rejection.code in ('location_unknown', 'location_disabled') "
        "group by all order by all",
        [str(_stage(workspace, "valid_contacts"))],
    ).fetchall()
    return {str(code): int(times) for code, times in rows}


def count_rows(workspace: Workspace, location_id: str) -> Mapping[str, int]:
    """The counts of a location that has no plan: all that would be planned is held."""
    row = duckdb.execute(
        "select count(*), count(rejection) from read_parquet(?) where location_id = ?",
        [str(_stage(workspace, "valid_contacts")), location_id],
    ).fetchone() or (0, 0)
    identities = duckdb.execute(
        "select count(*) from read_parquet(?) where location_id = ?",
        [str(_stage(workspace, "unique_contacts")), location_id],
    ).fetchone() or (0,)
    return {
        "extracted": row[0],
        "rejected": row[1],
        "merged": row[0] - row[1] - identities[0],
        "deferred": identities[0],
    }


def _stage(workspace: Workspace, name: str) -> Path:
    path = workspace.snapshot(name)
    if not path.exists():
        raise StageMissingError(f"{name}: not materialised yet; materialise it first")
    return path


def _reads(
    workspace: Workspace, ledger: Ledger, locations: Sequence[Location]
) -> tuple[list[LocationRead], dict[str, LocationReport]]:
    """What to read of which location, and the locations that can't be read for want of a token."""
    keys = workspace.settings.contacts.custom_fields
    policy = workspace.settings.policy.crm_snapshot
    known = ledger.locations_with_contacts()
    reads, without_token = [], {}
    for location in locations:
        catalogue = _catalogue_path(workspace, location.id)
        contacts = _crm_contacts_path(workspace, location.id)
        wants_contacts = policy == "always" or (policy == "first_run" and location.id not in known)
        wants_catalogue = must_be_read(catalogue, keys)
        if not (wants_contacts or wants_catalogue):
            continue
        token = workspace.token(location)
        if token is None:
            variable = workspace.token_env(location)
            told = f"location {location.id}: {variable} is not set; export it or put it in .env"
            without_token[location.id] = LocationReport(
                status="failed", reason="token_missing", told=told
            )
            continue
        reads.append(
            LocationRead(
                location.id,
                token,
                location.burst_limit,
                location.interval_ms / 1000,
                contacts if wants_contacts else None,
                catalogue if wants_catalogue else None,
            )
        )
    return reads, without_token


def _planned(
    workspace: Workspace,
    location: Location,
    reads: Mapping[str, LocationRead],
    results: Mapping[str, ReadResult],
) -> PlannedLocation:
    contacts = _crm_contacts_path(workspace, location.id)
    read = reads.get(location.id)
    return PlannedLocation(
        location_id=location.id,
        match=location.match,
        burst_limit=location.burst_limit,
        interval_ms=location.interval_ms,
        max_reject_share=location.max_reject_share,
        max_create_share=location.max_create_share,
        custom_fields=load_catalogue(_catalogue_path(workspace, location.id)),
        crm_contacts=contacts if contacts.exists() else None,
        is_fresh=read is not None and read.contacts is not None,
        requests_made=results[location.id].requests if location.id in results else 0,
        scored=workspace.settings.policy.crm_snapshot != "never",
    )


def _unread(location_id: str, result: ReadResult) -> LocationReport:
    error = result.error
    code = error.code if error else "crm_error"
    return LocationReport(
        status="failed",
        reason=code,
        requests=result.requests,
        told=f"location {location_id}: it can't be read: {error}; check its token and crm.base_url",
    )


def _catalogue_path(workspace: Workspace, location_id: str) -> Path:
    crm = file_name(workspace.settings.crm.base_url)
    return workspace.data / "custom_fields" / crm / f"{file_name(location_id)}.json"


def _crm_contacts_path(workspace: Workspace, location_id: str) -> Path:
    crm = file_name(workspace.settings.crm.base_url)
    return workspace.snapshots / "crm_contacts" / crm / f"{file_name(location_id)}.parquet"


__all__ = [
    "UNASSIGNED",
    "PlanCounts",
    "StageMissingError",
    "Unplanned",
    "extract",
    "plan",
    "push",
    "refresh_locations",
    "unassigned",
    "unify",
    "validate",
]
