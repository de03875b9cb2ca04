"""What a push wrote, read from the CRM again and compared field by field: the proof of it.

The echo of a write says what the CRM made of it then; this says what it holds now.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contacts_pipeline.crm import (
    BlockedByEdge,
    CrmError,
    Refused,
    StoredContact,
    shared_ssl_context,
)
from contacts_pipeline.plan.files import read_rows
from contacts_pipeline.pull import Asker, Door, ReadSettings, asking
from contacts_pipeline.pull.contacts import PAGE_LIMIT, pages
from contacts_pipeline.push.echo import missing_fields
from contacts_pipeline.push.meter import where
from contacts_pipeline.push.report import Converged
from contacts_pipeline.spent import NOTHING, Spent


@dataclass(frozen=True)
class Written:
    """A contact that a run wrote, and what it must hold since, tags by the plan's policy."""

    contact_id: str
    fields: Mapping[str, Any]
    tags_policy: str | None


@dataclass(frozen=True)
class ReadBack:
    """What reading back came to; ``fields`` counts how often each differs or is missing."""

    converged: Converged
    fields: Mapping[str, int]
    spent: Spent
    daily_remaining: int | None = None
    error: str | None = None


def written_contacts(
    plan: Path, acknowledged: Mapping[str, str], most: int, run_id: str
) -> list[Written]:
    """At most so many of those that the run wrote, by chance; ``acknowledged``: their contacts."""
    chosen = sorted(acknowledged)
    if len(chosen) > most:
        chosen = random.Random(run_id).sample(chosen, most)  # noqa: S311 - it repeats by run
    wanted = set(chosen)
    return [
        _written(row, acknowledged[row["identity"]])
        for row in read_rows(plan, "create", "update")
        if row["identity"] in wanted
    ]


def _written(row: Mapping[str, Any], contact_id: str) -> Written:
    fields = json.loads(row["body"]) if row["body"] else {}
    if row["add_tags"]:
        return Written(contact_id, fields | {"tags": row["add_tags"]}, "add")
    return Written(contact_id, fields, row.get("tags_policy"))


def read_back(
    written: Mapping[str, tuple[Door, Sequence[Written]]], settings: ReadSettings, *, by_pages: bool
) -> dict[str, ReadBack]:
    """Read the contacts of each location, all locations at once.

    ``by_pages`` costs a request for 500 contacts instead of one for each, but a page may still show
    a contact that was deleted or edited seconds ago.
    """

    async def read_all() -> dict[str, ReadBack]:
        ssl_context = shared_ssl_context()

        async def read_one(door: Door, contacts: Sequence[Written]) -> ReadBack:
            try:
                async with asking(door, settings, ssl_context) as asker:
                    listed = _listed if by_pages else _nothing
                    return await _compare(asker, contacts, listed)
            except Exception as error:  # noqa: BLE001 - the other locations' proofs go on
                return ReadBack(Converged(), {}, NOTHING, error=_told(error))

        found = await asyncio.gather(*(read_one(*one) for one in written.values()))
        return dict(zip(written, found, strict=True))

    return asyncio.run(read_all()) if written else {}


async def _compare(
    asker: Asker,
    contacts: Sequence[Written],
    look: Callable[[Asker, Sequence[Written]], Awaitable[dict[str, StoredContact]]],
) -> ReadBack:
    """Each contact by its id; of all, by pages first, which lag, so that doubts are asked after."""
    differing: dict[str, list[str]] = {}
    checked, error = 0, None
    try:
        listed = await look(asker, contacts)
        for one in contacts:
            stored = listed.get(one.contact_id)
            if stored is None or _differences(one, stored):
                stored = await _fresh(asker, one.contact_id)
            if found := ["contact"] if stored is None else _differences(one, stored):
                differing[one.contact_id] = found
            checked += 1
    except Exception as caught:  # noqa: BLE001 - what was read and asked still counts
        error = _told(caught)
    counts: dict[str, int] = {}
    for fields in differing.values():
        for field in fields:
            counts[field] = counts.get(field, 0) + 1
    told = Converged(checked=checked, equal=checked - len(differing), differs=len(differing))
    return ReadBack(told, counts, asker.spent, asker.limits.daily_remaining, error)


async def _nothing(_asker: Asker, _contacts: Sequence[Written]) -> dict[str, StoredContact]:
    return {}


async def _listed(asker: Asker, contacts: Sequence[Written]) -> dict[str, StoredContact]:
    """Those of the contacts that the CRM's newest pages show."""
    wanted, found = {one.contact_id for one in contacts}, dict[str, StoredContact]()
    asked = 0
    async for page in pages(asker, "dateUpdated", "desc"):
        found |= {one.id: one for one in page.contacts if one.id in wanted}
        asked += 1
        if len(found) == len(wanted) or asked > len(wanted) // PAGE_LIMIT + 1:
            break
    return found


async def _fresh(asker: Asker, contact_id: str) -> StoredContact | None:
    try:
        return await asker.ask(lambda: asker.client.get(contact_id))
    except BlockedByEdge:
        raise  # it says nothing of the contact
    except Refused:
        return None


def _differences(written: Written, stored: StoredContact) -> list[str]:
    return missing_fields(stored, written.fields, written.tags_policy)


def _told(error: Exception) -> str:
    if isinstance(error, CrmError):
        return f"{error.code}: {error}"
    return f"internal_error: {type(error).__name__} at {where(error)}"
