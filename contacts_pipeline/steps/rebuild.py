"""A lost ledger, restored from what the CRM lists: nothing is sent that writes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from contacts_pipeline.ledger import (
    Journal,
    Ledger,
    Position,
    record_read,
    restore_contacts,
)
from contacts_pipeline.plan import PlannedLocation, Sources, restored_contacts
from contacts_pipeline.plan.inputs import Listed, read_listed
from contacts_pipeline.prepare import country_meant
from contacts_pipeline.pull import (
    Door,
    LocationRead,
    ReadResult,
    ReadSettings,
    read_locations,
)
from contacts_pipeline.push.guard import only_pusher
from contacts_pipeline.push.report import Status
from contacts_pipeline.settings import Location
from contacts_pipeline.steps.plan import custom_fields_of
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.steps.stages import (
    catalogue_path,
    location_snapshot,
    stage,
    unified_contacts,
)
from contacts_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Rebuilt:
    """What became of a location's part of the ledger.

    ``contacts`` are those that the CRM lists, ``restored`` those of them that an identity leads to,
    ``differing`` the part of these in which a field is not as the warehouse says.
    """

    status: Status
    reason: str | None = None
    told: str | None = None
    contacts: int = 0
    restored: int = 0
    differing: int = 0
    unmatched: int = 0
    requests: int = 0


def rebuild(
    workspace: Workspace,
    ledger: Ledger,
    location_ids: Sequence[str],
    run_id: str,
    *,
    replace: bool = False,
) -> dict[str, Rebuilt]:
    """Read each location whole, match its contacts by the plan's rules, and remember them.

    A location of which the ledger knows contacts is left alone unless they are to be replaced.
    """
    registry = registered_locations(workspace)
    positions = ledger.positions(location_ids)
    known = set() if replace else ledger.locations_with_contacts()
    results = {name: _refused(name) for name in location_ids if name in known}
    wanted = [registry[name] for name in location_ids if name not in known]
    reads = []
    for location in wanted:
        access = workspace.access(location)
        if access is None:
            variable = workspace.token_env(location)
            told = f"location {location.id}: {variable} is not set to a token; export it"
            results[location.id] = Rebuilt("failed", "token_missing", told)
            continue
        reads.append(
            LocationRead(
                Door(location.id, access, location.burst_limit, location.interval_ms / 1000),
                location_snapshot(workspace, "crm_contacts", location.id),
                catalogue_path(workspace, location.id)
                if workspace.settings.contacts.custom_fields
                else None,
                positions[location.id].changes,
                whole_after=timedelta(0),
            )
        )
    crm = workspace.settings.crm
    answers = read_locations(reads, ReadSettings(crm.base_url, crm.timeout_seconds, crm.max_tries))
    listed = []
    for location_id, answer in answers.items():
        record_read(ledger, location_id, run_id, answer.spent.requests, answer.daily_remaining)
        if answer.error is None:
            listed.append(registry[location_id])
        else:
            told = f"location {location_id}: it can't be read: {answer.error}"
            results[location_id] = Rebuilt(
                "failed", answer.error.code, told, requests=answer.spent.requests
            )
    return results | _restore(
        workspace, ledger, listed, answers, positions=positions, run_id=run_id
    )


def _restore(
    workspace: Workspace,
    ledger: Ledger,
    locations: Sequence[Location],
    answers: dict[str, ReadResult],
    *,
    positions: dict[str, Position],
    run_id: str,
) -> dict[str, Rebuilt]:
    sources = Sources(
        unified_contacts(workspace),
        stage(workspace, "unique_contacts"),
        workspace.snapshots,
        workspace.scratch,
    )
    planned = [_planned(workspace, location) for location in locations]
    table = restored_contacts(planned, sources, workspace.settings.policy, workspace.hash_key)
    rows: dict[str, list[dict[str, Any]]] = {location.id: [] for location in locations}
    for row in table.to_pylist():
        rows[row.pop("location_id")].append(row)

    async def remember() -> dict[str, Rebuilt]:
        async with Journal(ledger) as journal:
            results = {}
            for location in locations:
                answer, found = answers[location.id], rows[location.id]
                async with only_pusher(ledger, journal, location.id) as alone:
                    now = ledger.positions([location.id])[location.id]
                    if alone and now != positions[location.id]:
                        results[location.id] = _overtaken(location.id, answer)
                        continue
                    if alone:
                        listed = _listed(workspace, location.id)
                        restore_contacts(
                            ledger,
                            location.id,
                            run_id,
                            found,
                            known_at=listed.at.astimezone(UTC).replace(tzinfo=None),
                            changes=listed.changes or 0,
                        )
                    results[location.id] = _told(
                        location.id, answer, rows[location.id], alone=alone
                    )
            return results

    return asyncio.run(remember())


def _listed(workspace: Workspace, location_id: str) -> Listed:
    """When the list began to be read: what was written since, the ledger must not claim to know."""
    listed = read_listed(location_snapshot(workspace, "crm_contacts", location_id))
    return listed or Listed(datetime.now(UTC))


def _told(
    location_id: str, answer: ReadResult, rows: Sequence[dict[str, Any]], *, alone: bool
) -> Rebuilt:
    contacts = answer.contacts.contacts if answer.contacts else 0
    result = Rebuilt(
        "ok",
        contacts=contacts,
        restored=len(rows),
        differing=sum(row["row_hash"] is None for row in rows),
        unmatched=contacts - len(rows),
        requests=answer.spent.requests,
    )
    if alone:
        return result
    told = f"location {location_id}: a push of it is running; wait for its end"
    return replace(result, status="held", reason="already_running", told=told, restored=0)


def _overtaken(location_id: str, answer: ReadResult) -> Rebuilt:
    told = f"location {location_id}: a push of it ran meanwhile; run rebuild again"
    return Rebuilt("held", "ledger_changed", told, requests=answer.spent.requests)


def _refused(location_id: str) -> Rebuilt:
    told = (
        f"location {location_id}: the ledger knows contacts of it; push, or type "
        f"'contacts-pipeline rebuild --location {location_id} --replace' to forget them"
    )
    return Rebuilt("held", "ledger_has_rows", told)


def _planned(workspace: Workspace, location: Location) -> PlannedLocation:
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
        crm_contacts=location_snapshot(workspace, "crm_contacts", location.id),
        is_fresh=True,
    )
