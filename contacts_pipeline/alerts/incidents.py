"""What is wrong now, against what was told: an incident is told once, and once that it is over."""

from collections.abc import Container, Mapping

from pydantic import BaseModel, ConfigDict, RootModel

from contacts_pipeline.push import LocationReport
from contacts_pipeline.push.report import NO_FAULT

Unconcerned = frozenset({"already_running", "interrupted"}) | NO_FAULT
"""Reasons that the next push mends by itself."""


class Incident(BaseModel):
    """Why a location stands still. ``code`` is stable, ``told`` names the remedy, not a value."""

    model_config = ConfigDict(frozen=True)

    status: str
    code: str
    told: str


class Incidents(RootModel[dict[str, Incident]]):
    """Location to its incident: the cursor of the sensor that tells them."""


def location_incidents(reports: Mapping[str, LocationReport], told: Incidents) -> Incidents:
    """The locations whose last push was held or failed.

    A push that ended for a reason of no concern, or before it asked the CRM for anything, has
    mended nothing: what was ``told`` stays.
    """
    found: dict[str, Incident] = {}
    for name, report in reports.items():
        if report.status != "ok" and report.reason not in Unconcerned:
            found[name] = Incident(
                status=report.status, code=report.reason or "unknown", told=report.told or ""
            )
        elif name in told.root and not _has_gone_well(report):
            found[name] = told.root[name]
    return Incidents(found)


def _has_gone_well(report: LocationReport) -> bool:
    has_waited = report.deferred_because is not None and not report.requests
    return report.status == "ok" and not has_waited


def changes(
    told: Incidents, now: Incidents, enabled: Container[str]
) -> tuple[dict[str, Incident], list[str]]:
    """Incidents that nobody was told of, and the enabled locations that are well again.

    The same location with another code is another incident.
    """
    news = {
        location_id: incident
        for location_id, incident in now.root.items()
        if location_id not in told.root or told.root[location_id].code != incident.code
    }
    ended = told.root.keys() - now.root.keys()
    return news, sorted(name for name in ended if name in enabled)
