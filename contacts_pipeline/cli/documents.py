"""The JSON documents of ``plan``, ``push`` and ``outcomes``; programs rely on them."""

from collections.abc import Mapping
from typing import Any

from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.push import LocationReport
from contacts_pipeline.steps import registered_locations, unassigned
from contacts_pipeline.workspace import Workspace


def push_document(
    run_id: str | None, reports: Mapping[str, LocationReport], workspace: Workspace
) -> dict[str, Any]:
    """``push --json``: a report a location, and the rows of no enabled location."""
    return {
        "run_id": run_id,
        "locations": {name: report.model_dump() for name, report in sorted(reports.items())},
        "unassigned": unassigned_document(workspace),
    }


def plan_document(
    run_id: str,
    plans: Mapping[str, PlanHeader],
    failed: Mapping[str, LocationReport],
    workspace: Workspace,
) -> dict[str, Any]:
    """``plan --json``: the counts up to ``deferred``, what would be sent, and how long it takes."""
    registry = registered_locations(workspace)
    locations = {
        name: _planned(header) | {"match": registry[name].match} for name, header in plans.items()
    }
    locations |= {name: _unplanned(report) for name, report in failed.items()}
    return {
        "run_id": run_id,
        "locations": dict(sorted(locations.items())),
        "unassigned": unassigned_document(workspace),
    }


def unassigned_document(workspace: Workspace) -> dict[str, Any]:
    """Rows of no enabled location, which no location's counts hold."""
    reasons = unassigned(workspace)
    rows = sum(reasons.values())
    return {"extracted": rows, "rejected": rows, "reasons": reasons}


def _planned(header: PlanHeader) -> dict[str, Any]:
    held = header.reason is not None
    counts = header.counts.all_held() if held else header.counts
    return {
        "status": "held" if held else "ok",
        "reason": header.reason,
        **counts.model_dump(),
        "requests": 0 if held else header.requests,
        "seconds_estimated": 0.0 if held else header.seconds_estimated,
        "unpredicted": not header.scored,
        "gone": header.gone,
        "allows_duplicates": header.allows_duplicates,
        "budget": header.budget and header.budget.model_dump(),
        "told": header.told,
    }


def _unplanned(report: LocationReport) -> dict[str, Any]:
    counts = report.model_dump(
        include={"status", "reason", "told"}
        | {"extracted", "rejected", "merged", "unchanged", "held", "deferred"}
    )
    return counts | {"create": 0, "update": 0, "requests": 0, "seconds_estimated": 0.0}
