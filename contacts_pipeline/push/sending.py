"""A plan's rows in their order, so many at a time as there are slots, each to its end."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from contacts_pipeline.ledger import PlanProgress
from contacts_pipeline.plan.files import read_rows
from contacts_pipeline.push.refusals import RefusalBreaker
from contacts_pipeline.push.row import RowPush
from contacts_pipeline.push.slots import Slot, Slots
from contacts_pipeline.push.tagging import Tagging
from contacts_pipeline.push.wire import Wire

_ROWS_READ_AT_ONCE = 256
_COLUMNS = (
    *("identity", "source_keys", "action", "request", "body", "add_tags", "contact_id"),
    *("email_hash", "phone_hash", "hashes", "row_hash", "warnings", "tags_policy"),
    *("unsettled_since", "unsettled_identities"),
)


async def send_all(
    rows: Path,
    wire: Wire,
    progress: PlanProgress,
    breaker: RefusalBreaker,
    show: Callable[[int], None],
) -> None:
    """Send what the plan at ``rows`` wants and the CRM has not acknowledged; ``show`` how many."""
    slots, finished = Slots(), itertools.count(1)
    async with asyncio.TaskGroup() as group:
        tagging = Tagging(wire, slots, group.create_task)

        async def send(row: Mapping[str, Any], slot: Slot) -> None:
            identity = row["identity"]
            one = RowPush(
                wire,
                tagging,
                row,
                slot,
                in_doubt=identity in progress.in_doubt,
                taken=progress.taken.get(identity),
            )
            try:
                breaker.count(await one.run())
            finally:
                slot.give_back()
                show(next(finished))

        async for row in _each(read_rows(rows, "create", "update", columns=_COLUMNS)):
            if row["identity"] in progress.acknowledged:
                continue
            slot = await slots.take()
            if wire.stop.is_set:
                slot.give_back()
                break
            group.create_task(send(row, slot))
        await slots.all_given_back()
        tagging.send_off_all()


async def _each(rows: Iterator[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
    """The rows, read beside the sending."""
    while some := await asyncio.to_thread(_take, rows):
        for row in some:
            yield row


def _take(rows: Iterator[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list(itertools.islice(rows, _ROWS_READ_AT_ONCE))
