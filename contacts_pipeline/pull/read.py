"""What the CRM says of its locations before a plan is made: its contacts and custom fields.

Every request is a read, at the location's own pace, and is counted for the report.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from contacts_pipeline.crm import (
    CrmClient,
    CrmError,
    NotApplied,
    RateLimited,
    StoredContact,
    UnclearFate,
    shared_ssl_context,
)
from contacts_pipeline.pull.catalogue import save_catalogue
from contacts_pipeline.pull.snapshot import ContactsWriter
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.stop import StopSignal

PAGE_LIMIT = 500  # the vendor's most
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class LocationRead:
    """What to read of a location: its contacts into ``contacts``, its fields into ``catalogue``."""

    location_id: str
    token: SecretStr
    burst_limit: int
    interval_seconds: float
    contacts: Path | None
    catalogue: Path | None


@dataclass(frozen=True)
class ReadResult:
    """How reading a location went; ``error`` is the CRM's last word if it failed."""

    requests: int
    error: CrmError | None = None


@dataclass(frozen=True)
class ReadSettings:
    """How to read, whatever the location."""

    base_url: str
    timeout_seconds: float
    max_tries: int


def read_locations(reads: Sequence[LocationRead], settings: ReadSettings) -> dict[str, ReadResult]:
    """Read all locations at once; a location's failure is its own."""

    async def read_all() -> dict[str, ReadResult]:
        ssl_context = shared_ssl_context()
        async with asyncio.TaskGroup() as group:
            tasks = {
                read.location_id: group.create_task(_read(read, settings, ssl_context))
                for read in reads
            }
        return {location_id: task.result() for location_id, task in tasks.items()}

    return asyncio.run(read_all()) if reads else {}


async def _read(read: LocationRead, settings: ReadSettings, ssl_context: Any) -> ReadResult:
    pace = Pace(StopSignal(), read.burst_limit, read.interval_seconds)
    client = CrmClient(
        settings.base_url,
        read.location_id,
        read.token,
        timeout_seconds=settings.timeout_seconds,
        ssl_context=ssl_context,
        observe=pace.observe,
    )
    async with client:
        try:
            if read.catalogue is not None:
                fields = await _ask(client.custom_fields, pace, settings.max_tries)
                save_catalogue(read.catalogue, fields)
            if read.contacts is not None:
                await _read_contacts(client, pace, settings.max_tries, read.contacts)
        except CrmError as error:
            return ReadResult(client.requests, error)
        return ReadResult(client.requests)


async def _read_contacts(client: CrmClient, pace: Pace, max_tries: int, path: Path) -> None:
    with ContactsWriter(path, client.location_id) as writer:
        after: list[Any] | None = None
        while True:
            query = {
                "locationId": client.location_id,
                "pageLimit": PAGE_LIMIT,
                "sort": [{"field": "dateAdded", "direction": "asc"}],
            } | ({"searchAfter": after} if after else {})
            body = json.dumps(query).encode()
            page = await _ask(partial(client.search, body), pace, max_tries)
            writer.write(page.contacts)
            if len(page.contacts) < PAGE_LIMIT:
                return
            after = _cursor(page.contacts)
            if after is None:
                raise CrmError("a full page of contacts without searchAfter: the rest stays unseen")


def _cursor(contacts: Sequence[StoredContact]) -> list[Any] | None:
    cursor = contacts[-1].value("searchAfter") if contacts else None
    return cursor if isinstance(cursor, list) else None


async def _ask(call: Callable[[], Any], pace: Pace, max_tries: int) -> Any:
    """Reading twice does no harm, so whatever did not answer is asked again."""
    for attempt in range(1, max_tries + 1):
        try:
            async with pace.turn():
                return await call()
        except (NotApplied, UnclearFate) as error:
            spent = isinstance(error, RateLimited) and error.daily_budget_spent
            if attempt == max_tries or spent:
                raise
            if isinstance(error, RateLimited):
                pace.back_off(error.limits, attempt)
            else:
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
    raise AssertionError("the last attempt returns or raises")
