"""A location's contacts by the CRM's search: all of them, or what was updated since.

Search lags by seconds and lists deleted rows for a while, so each reading overlaps the last one.
"""

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from contacts_pipeline.crm import ContactPage, CrmError, StoredContact
from contacts_pipeline.plan.inputs import Listed
from contacts_pipeline.pull.asking import Asker
from contacts_pipeline.pull.snapshot import (
    ListHeader,
    contact_ids,
    rows_without,
    table_of,
    updated_at,
    writing_list,
)

PAGE_LIMIT = 500  # the vendor's most
OVERLAP = timedelta(minutes=10)
"""What was updated so long before the last reading is read again: search lags by seconds."""

_CAPPED_TOTAL = 10_000  # where a search engine stops counting unless told otherwise


@dataclass(frozen=True)
class ContactsRead:
    """A list that was read: its contacts, and how many of them the CRM sent for it."""

    contacts: int
    read: int
    whole: bool


@dataclass(frozen=True)
class _Updates:
    pages: list[pa.Table]
    ids: set[str]
    crm_time: datetime | None


async def read_contacts(
    asker: Asker, path: Path, whole_after: timedelta, changes: int
) -> ContactsRead:
    """Bring the list at ``path`` up to date, at a request for 500 contacts.

    ``changes`` is the ledger's number of the location before any of it is read.

    All is read anew where the list is older than ``whole_after`` since that was done last, fits
    into a page, does not add up to the CRM's own count (then something was deleted), or was
    updated from its first contact to its last.
    """
    began = Listed(datetime.now(UTC), changes, secrets.token_hex(8))
    old = ListHeader.of(path)
    if old is not None and timedelta(0) <= began.at - old.whole_at < whole_after:
        known = contact_ids(path)
        if len(known) > PAGE_LIMIT and old.crm_time is not None:
            updates = await _read_updates(asker, known, old.crm_time - OVERLAP)
            if updates is not None:
                header = ListHeader(began, old.whole_at, updates.crm_time)
                return _renew(path, header, known, updates)
    return await _read_all(asker, path, began)


async def _read_updates(asker: Asker, known: set[str], since: datetime) -> _Updates | None:
    """What was updated since; None where that alone would not give the whole list.

    A contact that is edited meanwhile jumps ahead of the cursor and is not seen, so even to the
    end this is never a whole list.
    """
    tables: list[pa.Table] = []
    ids, total, crm_time = set[str](), None, None
    async for page in pages(asker, "dateUpdated", "desc"):
        if not tables:
            crm_time = asker.client.server_time
        times = [updated_at(contact) for contact in page.contacts]
        if None in times:
            return None
        fresh = [
            contact
            for contact, time in zip(page.contacts, times, strict=True)
            if time is not None and time >= since
        ]
        tables.append(table_of(asker.client.location_id, fresh))
        ids |= {contact.id for contact in fresh}
        total = page.total
        if len(fresh) < len(page.contacts):
            break
    else:
        return None
    if total not in {None, _CAPPED_TOTAL, len(known | ids)}:
        return None
    return _Updates(tables, ids, crm_time)


def _renew(path: Path, header: ListHeader, known: set[str], updates: _Updates) -> ContactsRead:
    with writing_list(path, header) as writer:
        for batch in rows_without(path, updates.ids):
            writer.write_batch(batch)
        for page in updates.pages:
            writer.write_table(page)
    return ContactsRead(len(known | updates.ids), len(updates.ids), whole=False)


async def _read_all(asker: Asker, path: Path, began: Listed) -> ContactsRead:
    """In the order in which they were added, in which nothing moves while it is read."""
    listed = pages(asker, "dateAdded", "asc")
    first = await anext(listed)
    header = ListHeader(began, began.at, asker.client.server_time)
    location_id, count = asker.client.location_id, len(first.contacts)
    with writing_list(path, header) as writer:
        writer.write_table(table_of(location_id, first.contacts))
        async for page in listed:
            writer.write_table(table_of(location_id, page.contacts))
            count += len(page.contacts)
    return ContactsRead(count, count, whole=True)


async def pages(
    asker: Asker, field: str, direction: Literal["asc", "desc"]
) -> AsyncIterator[ContactPage]:
    """Page after page by ``searchAfter``, which goes on where pages by number end."""
    seen, first_total, after = 0, None, None
    while True:
        query = {
            "locationId": asker.client.location_id,
            "pageLimit": PAGE_LIMIT,
            "sort": [{"field": field, "direction": direction}],
        } | ({"searchAfter": after} if after else {})
        page = await asker.ask(partial(asker.client.search, json.dumps(query).encode()))
        yield page
        seen += len(page.contacts)
        first_total = page.total if seen == len(page.contacts) else first_total
        all_seen = seen >= (page.total or 0) and page.total not in {None, _CAPPED_TOTAL}
        if len(page.contacts) < PAGE_LIMIT or (all_seen and page.total == first_total):
            return
        after = _cursor(page.contacts[-1])


def _cursor(contact: StoredContact) -> list[Any]:
    cursor = contact.value("searchAfter")
    if not isinstance(cursor, list):
        raise CrmError("a full page of contacts without searchAfter: the rest stays unseen")
    return cursor
