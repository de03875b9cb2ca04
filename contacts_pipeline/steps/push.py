"""Sending the plan of each location."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.push import (
    LocationPush,
    LocationReport,
    PushSettings,
    push_locations,
)
from contacts_pipeline.settings import Location
from contacts_pipeline.steps.plan import (
    Planned,
    disabled_report,
    is_enabled,
    record_report,
)
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Pushed:
    """What a location's push came to."""

    header: PlanHeader
    path: Path
    report: LocationReport


def push(
    workspace: Workspace,
    ledger: Ledger,
    planned: Mapping[str, Planned],
    run_id: str,
    *,
    force: bool,
    progress: Callable[[str, int, int], None],
) -> Generator[tuple[str, LocationReport], None, None]:
    """Send each location's plan; yield each one's report as it ends."""
    registry = registered_locations(workspace)
    settings = workspace.settings.crm
    enabled = {name: one for name, one in planned.items() if is_enabled(registry, name)}
    for name in [name for name in planned if name not in enabled]:
        report = disabled_report(name, planned[name].header)
        record_report(ledger, name, run_id, report)
        yield name, report
    yield from push_locations(
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
