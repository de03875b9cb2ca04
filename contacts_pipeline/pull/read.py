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
from contacts_pipeline.errors import PipelineError
from contacts_pipeline.pull.asking import Asker, Door, ReadSettings, asking
from contacts_pipeline.pull.catalogue import save_catalogue
from contacts_pipeline.pull.contacts import ContactsRead, read_contacts
from contacts_pipeline.pull.details import read_details
from contacts_pipeline.push.meter import where
from contacts_pipeline.spent import Spent


class BrokenReadError(PipelineError):
    """Reading a location ended in an error of contacts-pipeline; the others are read."""

    code = "internal_error"


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
    """How reading a location went; ``error`` says why it failed, without values.

    ``daily_remaining`` is what the CRM then said is left of the location's day.
    """

    spent: Spent
    error: CrmError | PipelineError | None = None
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
    contacts, error = None, None
    async with asking(read.door, settings, ssl_context) as asker:
        try:
            contacts = await _read_wanted(read, asker)
        except Exception as caught:  # noqa: BLE001 - the other locations are read on
            error = _told(caught)
        return ReadResult(asker.spent, error, asker.limits.daily_remaining, contacts)


async def _read_wanted(read: LocationRead, asker: Asker) -> ContactsRead | None:
    if read.details is not None:
        await read_details(asker, read.details)
    if read.catalogue is not None:
        save_catalogue(read.catalogue, await asker.ask(asker.client.custom_fields))
    if read.contacts is None:
        return None
    return await read_contacts(asker, read.contacts, read.whole_after, read.changes)


def _told(error: Exception) -> CrmError | PipelineError:
    if isinstance(error, CrmError | PipelineError):
        return error
    return BrokenReadError(
        f"an error of contacts-pipeline: {type(error).__name__} at {where(error)}"
    )
