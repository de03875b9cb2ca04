"""What the CRM says of its locations before a plan is made: its contacts and custom fields.

Every request is a read, at the location's own pace, and is counted for the report.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from ssl import SSLContext

from contacts_pipeline.crm import CrmError, shared_ssl_context
from contacts_pipeline.pull.asking import Door, ReadSettings, asking
from contacts_pipeline.pull.catalogue import save_catalogue
from contacts_pipeline.pull.contacts import ContactsRead, read_contacts
from contacts_pipeline.pull.details import read_details
from contacts_pipeline.spent import Spent


@dataclass(frozen=True)
class LocationRead:
    """What to read of a location: its contacts into ``contacts``, its fields into ``catalogue``.

    ``changes`` is the ledger's number of the location, read before anything is asked.
    """

    door: Door
    contacts: Path | None
    catalogue: Path | None
    changes: int
    whole_after: timedelta = timedelta(days=7)
    details: Path | None = None

    @property
    def location_id(self) -> str:
        """The location's id."""
        return self.door.location_id


@dataclass(frozen=True)
class ReadResult:
    """How reading a location went; ``error`` is the CRM's last word if it failed.

    ``daily_remaining`` is what the CRM then said is left of the location's day.
    """

    spent: Spent
    error: CrmError | None = None
    daily_remaining: int | None = None
    contacts: ContactsRead | None = None


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
    contacts = None
    async with asking(read.door, settings, ssl_context) as asker:
        try:
            if read.details is not None:
                await read_details(asker, read.details)
            if read.catalogue is not None:
                save_catalogue(read.catalogue, await asker.ask(asker.client.custom_fields))
            if read.contacts is not None:
                contacts = await read_contacts(asker, read.contacts, read.whole_after, read.changes)
        except CrmError as error:
            return ReadResult(asker.spent, error, asker.limits.daily_remaining)
        return ReadResult(asker.spent, None, asker.limits.daily_remaining, contacts)
