"""Each location of the CRM, all at once: its token, its duplicate rule, its custom fields.

Only reads, three a location, at the location's own pace.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ssl import SSLContext
from typing import TypeVar

from contacts_pipeline.crm import (
    Access,
    BlockedByEdge,
    CrmError,
    LocationClosed,
    Unreachable,
    shared_ssl_context,
)
from contacts_pipeline.doctor import registry
from contacts_pipeline.finding import Finding
from contacts_pipeline.pull import Asker, Door, ReadSettings, asking
from contacts_pipeline.push.remedies import ASK_THE_EDGE
from contacts_pipeline.settings import Location
from contacts_pipeline.warehouse import read_locations
from contacts_pipeline.workspace import Workspace

MOST_SKEW_SECONDS = 60.0  # below the two minutes that a list's evidence is trusted to
_AnswerT = TypeVar("_AnswerT")


@dataclass
class _Seen:
    """What a location told; None where it told nothing."""

    location: Location
    token_env: str
    refused: CrmError | None = None
    allows_duplicates: bool | None = None
    contacts: int | None = None
    custom_fields: set[str] | None = None
    burst: int | None = None
    skew_seconds: float | None = None
    lacking: list[str] = field(default_factory=list)


def examine(workspace: Workspace) -> Iterator[Finding]:
    """A line for each enabled location, and one for each thing to mend."""
    settings = workspace.settings
    locations = [one for one in read_locations(settings, workspace.scratch) if one.enabled]
    yield from registry.examine(locations)
    without_token = [one for one in locations if workspace.access(one) is None]
    for variable in sorted({workspace.token_env(one) for one in without_token}):
        names = [one.id for one in without_token if workspace.token_env(one) == variable]
        told = f"not set, and {_listed(names)} can't be reached without it"
        yield Finding("error", "token_missing", variable, told, "export it or put it in .env")
    seen = asyncio.run(_see_all(workspace, locations))
    unreachable = [one for one in seen if isinstance(one.refused, Unreachable)]
    if seen and len(unreachable) == len(seen):
        told, remedy = f"no answer: {unreachable[0].refused}", "check crm.base_url and the network"
        yield Finding("error", "crm_unreachable", settings.crm.base_url, told, remedy)
        return
    yield from _clock(seen)
    for one in seen:
        yield from _told(one, set(settings.contacts.custom_fields), settings.policy.crm_snapshot)


async def _see_all(workspace: Workspace, locations: list[Location]) -> list[_Seen]:
    ssl_context = shared_ssl_context()
    return await asyncio.gather(
        *(
            _see(workspace, location, access, ssl_context)
            for location in locations
            if (access := workspace.access(location)) is not None
        )
    )


async def _see(
    workspace: Workspace, location: Location, access: Access, ssl_context: SSLContext
) -> _Seen:
    crm = workspace.settings.crm
    door = Door(location.id, access, location.burst_limit, location.interval_ms / 1000)
    seen = _Seen(location, workspace.token_env(location))
    settings = ReadSettings(crm.base_url, crm.timeout_seconds, max_tries=2)
    page = json.dumps({"locationId": location.id, "pageLimit": 1}).encode()
    async with asking(door, settings, ssl_context) as asker:
        client = asker.client
        try:
            if details := await _unless_lacking(asker, client.location, "locations.readonly", seen):
                seen.allows_duplicates = details.settings.allow_duplicate_contact
            if client.server_time is not None:
                seen.skew_seconds = (datetime.now(UTC) - client.server_time).total_seconds()
            if found := await _unless_lacking(
                asker, lambda: client.search(page), "contacts.readonly", seen
            ):
                seen.contacts = found.total
            if workspace.settings.contacts.custom_fields:
                fields = await _unless_lacking(
                    asker, client.custom_fields, "locations/customFields.readonly", seen
                )
                if fields is not None:
                    seen.custom_fields = {one.field_key.removeprefix("contact.") for one in fields}
        except CrmError as error:
            seen.refused = error
        seen.burst = asker.limits.burst
    return seen


async def _unless_lacking(
    asker: Asker, call: Callable[[], Awaitable[_AnswerT]], scope: str, seen: _Seen
) -> _AnswerT | None:
    """The answer; None if the token opens the location, but not for this."""
    try:
        return await asker.ask(call)
    except LocationClosed as error:
        if "scope" not in str(error):
            raise
        seen.lacking.append(scope)
        return None


def _clock(seen: list[_Seen]) -> Iterator[Finding]:
    skews = [one.skew_seconds for one in seen if one.skew_seconds is not None]
    if not skews:
        return
    worst = max(skews, key=abs)
    if abs(worst) <= MOST_SKEW_SECONDS:
        yield Finding("ok", "clock", "clock", "agrees with the CRM's within a minute")
        return
    told = f"{abs(worst):.0f} s {'ahead of' if worst > 0 else 'behind'} the CRM's"
    remedy = "set this machine's clock, with NTP; lists of contacts are dated by it"
    yield Finding("warning", "clock", "clock", told, remedy)


def _told(seen: _Seen, custom_fields: set[str], crm_snapshot: str) -> Iterator[Finding]:
    location = seen.location
    subject = f"location {location.id}"
    if seen.refused is not None:
        remedy = _remedy(seen.refused, seen.token_env)
        yield Finding("error", seen.refused.code, subject, str(seen.refused), remedy)
        return
    contacts = "" if seen.contacts is None else f"{seen.contacts:,} contacts; "
    rule = f"duplicates by {location.match} are assumed, since no endpoint shows it"
    yield Finding("ok", "token_opens", subject, f"its token opens it; {contacts}{rule}")
    for scope in seen.lacking:
        needed = scope == "contacts.readonly" and crm_snapshot != "never"
        yield Finding(
            "error" if needed else "warning",
            "scope_missing",
            subject,
            f"its token lacks {scope}",
            f"give the token in {seen.token_env} that scope"
            + (", or set policy.crm_snapshot: never" if needed else ""),
        )
    if seen.allows_duplicates:
        yield Finding(
            "warning",
            "duplicates_allowed",
            subject,
            "it allows duplicate contacts: email is looked for first, then phone, whatever "
            "'match' says, and an identity that matches several contacts is held",
            "switch 'Allow Duplicate Contact' off in its settings",
        )
    unknown = sorted(custom_fields - (seen.custom_fields or custom_fields))
    if unknown:
        yield Finding(
            "warning",
            "custom_field_unknown",
            subject,
            f"it has no custom field {_listed(unknown)}; it is not sent",
            "create it there, or take it out of contacts.custom_fields",
        )
    if seen.burst is not None and seen.burst < location.burst_limit:
        yield Finding(
            "warning",
            "burst_limit",
            subject,
            f"the CRM allows {seen.burst} requests an interval, the registry says "
            f"{location.burst_limit}; times are estimated by the registry",
            "put the CRM's burst_limit into the registry",
        )


def _remedy(error: CrmError, token_env: str) -> str:
    match error:
        case LocationClosed():
            return f"put a token of this location into {token_env}"
        case BlockedByEdge():
            return ASK_THE_EDGE
    return "check crm.base_url and the network, then try again"


def _listed(names: list[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
