"""How each enabled location stands: what its last push came to, and how long ago one went well."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from contacts_pipeline.ledger import last_pushes, push_times, utc_now
from contacts_pipeline.push import LocationReport
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Standing:
    """A location; ``hours`` since a push sent all that it had to, or since the first that did not.

    One that leaves a part to the next is no fault, but what waits gets no younger: ``reason`` and
    ``told`` then say so. A location that nobody has pushed yet has neither ``hours`` nor
    ``status``.
    """

    location: str
    hours: float | None = None
    status: str | None = None
    reason: str | None = None
    told: str | None = None


def standings(workspace: Workspace, now: datetime | None = None) -> list[Standing]:
    """Every enabled location, the one that waits longest first."""
    moment = now or utc_now()
    with workspace.ledger() as ledger:
        times, last = push_times(ledger), last_pushes(ledger)
    found = []
    for location in registered_locations(workspace).values():
        if not location.enabled:
            continue
        if location.id not in times:
            found.append(Standing(location.id))
            continue
        since = times[location.id].last_good or times[location.id].first
        report = LocationReport.model_validate_json(last[location.id]["report"])
        hours = (moment - since) / timedelta(hours=1)
        reason = report.reason or report.deferred_because
        told = report.told
        if report.deferred_because:
            told = f"location {location.id}: {report.deferred} contacts wait for its next push"
        found.append(Standing(location.id, hours, report.status, reason, told))
    return sorted(found, key=lambda one: (-(one.hours or 0.0), one.location))
