"""What each location needs now: may it be sent to, is it held, is something left to do."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from contacts_pipeline.ledger import Ledger, last_pushes
from contacts_pipeline.plan import PlanError, PlanHeader, newest_plan, read_header
from contacts_pipeline.push import LocationReport
from contacts_pipeline.push.guard import being_pushed
from contacts_pipeline.settings import Location
from contacts_pipeline.snapshots import snapshot_id
from contacts_pipeline.steps.plan import is_enabled
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.workspace import Workspace

_PASSING = frozenset({"already_running", "plan_stale", "location_disabled"})


@dataclass(frozen=True)
class Attention:
    """Ids of locations. ``sendable``: enabled, not in its quiet hours, and not being pushed now.

    ``held``: by a breaker, until somebody acts or the data changes.

    ``unfinished``: the last push left rows to a later one. ``behind``: contacts were refreshed
    after it was planned; after the last plan where automation makes nothing but plans.
    """

    sendable: frozenset[str]
    held: frozenset[str]
    unfinished: frozenset[str]
    behind: frozenset[str]


def attention(workspace: Workspace, now: datetime | None = None) -> Attention:
    """Ask the registry, the clock and the ledger; an unread registry has no locations."""
    if not workspace.snapshot("crm_locations").exists():
        return Attention(*[frozenset[str]()] * 4)
    registry = registered_locations(workspace)
    with workspace.ledger() as ledger:
        reports = _reports(pushes_of_enabled(workspace, ledger))
        pushed = being_pushed(ledger, registry)
    automation = workspace.settings.automation
    plans_alone = automation is not None and not automation.push
    made_last = _newest_plans(workspace, registry) if plans_alone else reports
    unique = workspace.snapshot("unique_contacts")
    refresh = snapshot_id(unique) if unique.exists() else None
    moment = now or datetime.now(UTC)
    return Attention(
        sendable=frozenset(
            name
            for name, one in registry.items()
            if name not in pushed and _may_be_sent_to(workspace, one, moment)
        ),
        held=frozenset(
            name
            for name, report in reports.items()
            if report.status == "held" and report.reason not in _PASSING
        ),
        unfinished=frozenset(
            name for name, report in reports.items() if report.deferred_because is not None
        ),
        behind=frozenset(
            name for name, made in made_last.items() if made.refresh not in {None, refresh}
        ),
    )


def _newest_plans(workspace: Workspace, location_ids: Iterable[str]) -> Mapping[str, PlanHeader]:
    """The header of each location's newest plan, if it has one that this program reads."""
    found: dict[str, PlanHeader] = {}
    for location_id in location_ids:
        path = newest_plan(workspace.snapshots, workspace.settings.crm.base_url, location_id)
        with suppress(PlanError, ValidationError):
            found[location_id] = read_header(path, location_id)
    return found


def last_reports(workspace: Workspace) -> Mapping[str, LocationReport]:
    """The report of each enabled location's newest push."""
    with workspace.ledger() as ledger:
        return _reports(pushes_of_enabled(workspace, ledger))


def _reports(pushes: Mapping[str, Mapping[str, Any]]) -> Mapping[str, LocationReport]:
    return {
        location_id: LocationReport.model_validate_json(row["report"])
        for location_id, row in pushes.items()
    }


def pushes_of_enabled(workspace: Workspace, ledger: Ledger) -> dict[str, Mapping[str, Any]]:
    """The newest push of each enabled location; of all that were pushed, by an unread registry."""
    pushes = last_pushes(ledger)
    if not workspace.snapshot("crm_locations").exists():
        return pushes
    registry = registered_locations(workspace)
    return {name: push for name, push in pushes.items() if is_enabled(registry, name)}


def _may_be_sent_to(workspace: Workspace, location: Location, now: datetime) -> bool:
    hours = workspace.quiet_hours(location)
    return location.enabled and (hours is None or not hours.contain(now))
