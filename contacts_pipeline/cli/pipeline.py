"""``plan``, ``push`` and ``outcomes``: the same assets on the same instance as in the UI."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any

from contacts_pipeline import steps
from contacts_pipeline.cli.documents import plan_document, push_document, unassigned_document
from contacts_pipeline.cli.show import progress_bars, say
from contacts_pipeline.cli.show_plan import PlanView
from contacts_pipeline.defs.runs import RunOutcome, open_instance, refresh, run_locations
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.ledger import Ledger, last_pushes
from contacts_pipeline.push import LocationReport
from contacts_pipeline.steps import (
    pushes_of_enabled,
    registered_locations,
    stored_plan,
    told_unregistered,
)
from contacts_pipeline.workspace import Workspace

Document = dict[str, Any]


def plan(
    workspace: Workspace, chosen: Sequence[str], *, quiet: bool, full_refresh: bool = False
) -> tuple[Document, list[PlanView]]:
    """Everything up to ``upsert_plan``: the document of ``plan --json``, and the plans to show."""
    locations, outcome = _run(
        workspace, "plan", chosen, force=False, quiet=quiet, full_refresh=full_refresh
    )
    with workspace.ledger() as ledger:
        plans = {
            location_id: stored_plan(workspace, ledger.crm, location_id)
            for location_id in locations
            if location_id not in outcome.failed
        }
    headers = {location_id: one.header for location_id, one in plans.items()}
    document = plan_document(outcome.run_id, headers, outcome.failed, workspace)
    return document, [PlanView(one.header, one.path) for one in plans.values()]


def push(
    workspace: Workspace,
    chosen: Sequence[str],
    *,
    force: bool,
    quiet: bool,
    full_refresh: bool = False,
) -> Document:
    """The whole graph; returns the document of ``push --json``."""
    _, outcome = _run(
        workspace, "push", chosen, force=force, quiet=quiet, full_refresh=full_refresh
    )
    document = outcomes(workspace, (), outcome.run_id)
    if workspace.settings.write_back is not None:
        document["not_written_back"] = outcome.unwritten
    return document


def write_back(workspace: Workspace, chosen: Sequence[str]) -> Document:
    """Write each location's last push to the warehouse again; ``push --json``'s document of it."""
    if workspace.settings.write_back is None:
        raise SettingsError("write_back: contacts.yaml has no such section; add one")
    locations = _choose(workspace, chosen)
    with open_instance(workspace.data) as instance:
        outcome = run_locations(
            instance, "write_back", locations, force=False, progress=lambda *_: None
        )
    document = outcomes(workspace, locations, None)
    return document | {"not_written_back": outcome.unwritten}


def outcomes(workspace: Workspace, chosen: Sequence[str], run_id: str | None) -> Document:
    """What the ledger holds of a run, or of the last push of each chosen or enabled location."""
    with workspace.ledger() as ledger:
        if chosen or run_id is not None:
            pushes = last_pushes(ledger, chosen, run_id)
            _refuse_unknown(workspace, ledger, set(chosen) - pushes.keys())
        else:
            pushes = pushes_of_enabled(workspace, ledger)
    if run_id is not None and not pushes:
        raise SettingsError(f"--run {run_id}: the ledger knows no such run of these locations")
    reports = {
        location_id: LocationReport.model_validate_json(row["report"])
        for location_id, row in pushes.items()
    }
    runs = {row["run_id"] for row in pushes.values()}
    return push_document(runs.pop() if len(runs) == 1 else run_id, reports, workspace)


def rebuild(workspace: Workspace, chosen: Sequence[str], *, replace: bool, quiet: bool) -> Document:
    """Restore the ledger from the CRM; returns the document of ``rebuild --json``."""
    workspace.check_ledger()
    with open_instance(workspace.data) as instance:
        if not quiet:
            say("reading and preparing the warehouse")
        refresh(instance)
    locations = _choose(workspace, chosen)
    if not quiet:
        say(f"rebuild: {len(locations)} locations of {workspace.settings.crm.base_url}")
    run_id = str(uuid.uuid4())
    with workspace.ledger() as ledger:
        restored = steps.rebuild(workspace, ledger, locations, run_id, replace=replace)
    return {
        "run_id": run_id,
        "locations": {name: asdict(one) for name, one in sorted(restored.items())},
        "unassigned": unassigned_document(workspace),
    }


def exit_code(document: Document) -> int:
    """0 if every location is ok and its outcomes are where they belong, else 1."""
    unwell = any(counts["status"] != "ok" for counts in document["locations"].values())
    return int(unwell or bool(document.get("not_written_back")))


def _run(
    workspace: Workspace,
    job: str,
    chosen: Sequence[str],
    *,
    force: bool,
    quiet: bool,
    full_refresh: bool,
) -> tuple[list[str], RunOutcome]:
    workspace.check_ledger()
    with open_instance(workspace.data) as instance:
        if not quiet:
            say("reading and preparing the warehouse")
        refresh(instance, full_refresh=full_refresh)
        locations = _choose(workspace, chosen)
        if not quiet:
            say(f"{job}: {len(locations)} locations of {workspace.settings.crm.base_url}")
        with progress_bars(wanted=not quiet) as progress:
            outcome = run_locations(instance, job, locations, force=force, progress=progress)
    return locations, outcome


def _refuse_unknown(workspace: Workspace, ledger: Ledger, names: Collection[str]) -> None:
    unknown = sorted(set(names) - last_pushes(ledger).keys() - ledger.locations_with_contacts())
    if not unknown:
        return
    registry = registered_locations(workspace)
    for name in unknown:
        if name not in registry:
            raise SettingsError(f"--location {name}: {told_unregistered(name, registry)}")


def _choose(workspace: Workspace, chosen: Sequence[str]) -> list[str]:
    registry = registered_locations(workspace)
    for name in chosen:
        if name not in registry:
            raise SettingsError(f"--location {name}: {told_unregistered(name, registry)}")
        if not registry[name].enabled:
            raise SettingsError(
                f"--location {name}: it is disabled in the registry; enable it there"
            )
    enabled = [name for name, one in registry.items() if one.enabled]
    if not enabled:
        raise SettingsError("the registry has no enabled location; add one, or enable one there")
    return [name for name in enabled if not chosen or name in chosen]
