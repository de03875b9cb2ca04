"""What the CRM says of its locations before a plan is made: its contacts and custom fields.

Every request is a read, at the location's own pace, and is counted for the report.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from ssl import SSLContext
from typing import Any

from contacts_pipeline.crm import CrmError, StoredContact, shared_ssl_context
from contacts_pipeline.pull.asking import Asker, Door, ReadSettings, asking
from contacts_pipeline.pull.catalogue import save_catalogue
from contacts_pipeline.pull.snapshot import ContactsWriter

PAGE_LIMIT = 500  # the vendor's most


@dataclass(frozen=True)
class LocationRead:
    """What to read of a location: its contacts into ``contacts``, its fields into ``catalogue``."""

    door: Door
    contacts: Path | None
    catalogue: Path | None

    @property
    def location_id(self) -> str:
        """The location's id."""
        return self.door.location_id


@dataclass(frozen=True)
class ReadResult:
    """How reading a location went; ``error`` is the CRM's last word if it failed.

    ``daily_remaining`` is what the CRM then said is left of the location's day.
    """

    requests: int
    error: CrmError | None = None
    daily_remaining: int | None = None


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


async def _read(read: LocationRead, settings: ReadSettings, ssl_context: SSLContext) -> ReadResult:
    async with asking(read.door, settings, ssl_context) as asker:
        try:
            if read.catalogue is not None:
                save_catalogue(read.catalogue, await asker.ask(asker.client.custom_fields))
            if read.contacts is not None:
                await _read_contacts(asker, read.contacts)
        except CrmError as error:
            return ReadResult(asker.client.requests, error, asker.limits.daily_remaining)
        return ReadResult(asker.client.requests, None, asker.limits.daily_remaining)


async def _read_contacts(asker: Asker, path: Path) -> None:
    location_id = asker.client.location_id
    with ContactsWriter(path, location_id) as writer:
        after: list[Any] | None = None
        while True:
            query = {
                "locationId": location_id,
                "pageLimit": PAGE_LIMIT,
                "sort": [{"field": "dateAdded", "direction": "asc"}],
            } | ({"searchAfter": after} if after else {})
            body = json.dumps(query).encode()
            page = await asker.ask(partial(asker.client.search, body))
            writer.write(page.contacts)
            if len(page.contacts) < PAGE_LIMIT:
                return
            after = _cursor(page.contacts)
            if after is None:
                raise CrmError("a full page of contacts without searchAfter: the rest stays unseen")


def _cursor(contacts: Sequence[StoredContact]) -> list[Any] | None:
    cursor = contacts[-1].value("searchAfter") if contacts else None
    return cursor if isinstance(cursor, list) else None
