"""What the CRM is asked before the plans: a location's contacts, custom fields and settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Self

from contacts_pipeline.crm import CrmError
from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import DayLeft, Ledger, day_left, record_read
from contacts_pipeline.plan.inputs import is_current_list
from contacts_pipeline.pull import (
    ContactsRead,
    Door,
    LocationRead,
    ReadResult,
    ReadSettings,
    details_are_old,
    must_be_read,
    read_locations,
)
from contacts_pipeline.push import LocationReport
from contacts_pipeline.push.remedies import remedy
from contacts_pipeline.settings import Location
from contacts_pipeline.spent import NOTHING, Spent
from contacts_pipeline.steps.stages import catalogue_path, details_path, location_snapshot
from contacts_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Reading:
    """What was asked of which location, what came of it, and the locations that can't be read."""

    asked: Mapping[str, LocationRead]
    results: Mapping[str, ReadResult]
    unreadable: Mapping[str, LocationReport]

    def listed(self, location_id: str) -> bool:
        """Whether the location's contacts were asked for."""
        read = self.asked.get(location_id)
        return read is not None and read.contacts is not None

    def contacts(self, location_id: str) -> ContactsRead | None:
        """What was listed of the location's contacts; None if nothing was."""
        result = self.results.get(location_id)
        return result.contacts if result else None

    def spent(self, location_id: str) -> Spent:
        """What reading the location took."""
        result = self.results.get(location_id)
        return result.spent if result else NOTHING


def read_for_plans(
    workspace: Workspace, ledger: Ledger, locations: Sequence[Location], run_id: str
) -> Reading:
    """Read what the settings want of each location; every request counts against its day."""
    reads, unreadable = _wanted_reads(workspace, ledger, locations)
    crm = workspace.settings.crm
    results = read_locations(reads, ReadSettings(crm.base_url, crm.timeout_seconds, crm.max_tries))
    for location_id, result in results.items():
        record_read(ledger, location_id, run_id, result.spent.requests, result.daily_remaining)
        if result.error is not None:
            unreadable[location_id] = _unread(location_id, result.error).after(result.spent)
    return Reading({read.location_id: read for read in reads}, results, unreadable)


@dataclass(frozen=True)
class _Wanted:
    """Where what the settings want of a location goes; None for what they don't."""

    location: Location
    contacts: Path | None
    catalogue: Path | None

    @property
    def anything(self) -> bool:
        return self.contacts is not None or self.catalogue is not None

    def never_read(self) -> Self:
        """Less what an earlier reading has left on disk."""
        listed = self.contacts is not None and is_current_list(self.contacts)
        known = self.catalogue is not None and self.catalogue.exists()
        return replace(
            self,
            contacts=None if listed else self.contacts,
            catalogue=None if known else self.catalogue,
        )


def _wanted_reads(
    workspace: Workspace, ledger: Ledger, locations: Sequence[Location]
) -> tuple[list[LocationRead], dict[str, LocationReport]]:
    """What to read of which location, and the locations that can't be read for want of a token.

    Of a location whose day is spent only what was never read before, which then has to wait.
    """
    known = ledger.locations_with_contacts()
    wanted = [_wanted(workspace, one, is_known=one.id in known) for one in locations]
    wanted = [one for one in wanted if one.anything]
    days = day_left(ledger, {one.location.id: one.location.daily_limit for one in wanted})
    positions = ledger.positions([one.location.id for one in wanted])
    reads, without_token = [], {}
    for one in (_less_on_spent_days(one, days[one.location.id]) for one in wanted):
        if not one.anything:
            continue
        location = one.location
        access = workspace.access(location)
        if access is None:
            without_token[location.id] = _without_token(workspace, location)
            continue
        details = details_path(workspace, location.id)
        reads.append(
            LocationRead(
                Door(
                    location.id,
                    access,
                    location.burst_limit,
                    location.interval_ms / 1000,
                    days[location.id],
                    location.daily_reserve,
                ),
                one.contacts,
                one.catalogue,
                positions[location.id].changes,
                timedelta(days=workspace.settings.crm.whole_list_days),
                details if one.contacts and details_are_old(details) else None,
            )
        )
    return reads, without_token


def _wanted(workspace: Workspace, location: Location, *, is_known: bool) -> _Wanted:
    policy = workspace.settings.policy.crm_snapshot
    contacts = location_snapshot(workspace, "crm_contacts", location.id)
    catalogue = catalogue_path(workspace, location.id)
    wants_contacts = policy == "always" or (policy == "first_run" and not is_known)
    wants_catalogue = must_be_read(catalogue, workspace.settings.contacts.custom_fields)
    return _Wanted(
        location, contacts if wants_contacts else None, catalogue if wants_catalogue else None
    )


def _less_on_spent_days(wanted: _Wanted, left: DayLeft) -> _Wanted:
    """Of a day that is spent, as the CRM itself has said."""
    is_spent = left.known_from == "headers" and left.requests <= wanted.location.daily_reserve
    return wanted.never_read() if is_spent else wanted


def _without_token(workspace: Workspace, location: Location) -> LocationReport:
    variable = workspace.token_env(location)
    told = f"location {location.id}: {variable} is not set to a token; export it or put it in .env"
    return LocationReport(status="failed", reason="token_missing", told=told)


def _unread(location_id: str, error: CrmError | PipelineError) -> LocationReport:
    unknown = "check crm.base_url, then push again" if isinstance(error, CrmError) else ""
    told = f"location {location_id}: it can't be read: {error}; {remedy(error.code) or unknown}"
    return LocationReport(status="failed", reason=error.code, told=told.rstrip("; "))
