"""Rows that are held since nobody knows what became of their create: it is looked up.

The row has other values by now, so the CRM is asked by those of the plan that sent it. The next
plan then knows the contact, or that there is none, and holds the row no longer for that.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from contacts_pipeline.crm import CrmError, StoredContact
from contacts_pipeline.ledger import Ledger, plans_in_doubt
from contacts_pipeline.plan.files import plan_beside
from contacts_pipeline.push.delivery import deliver
from contacts_pipeline.push.stop import Stopped
from contacts_pipeline.push.wire import Wire

Row = Mapping[str, Any]


def held_as_unsettled(plan: Path) -> list[Row]:
    """The rows of the plan that are held as ``unsettled`` and whose contact has no id yet."""
    rows = pq.read_table(plan, filters=[("hold", "=", "unsettled")]).to_pylist()
    return [row for row in rows if row["contact_id"] is None and row["unsettled_identities"]]


async def settle_held(plan: Path, held: Sequence[Row], wire: Wire, ledger: Ledger) -> None:
    """Look each up, and write down what it came to; one that can't be asked for stays as it is."""
    identities = sorted({one for row in held for one in row["unsettled_identities"]})
    earlier = await asyncio.to_thread(_sent_before, plan, identities, ledger, wire)
    with suppress(CrmError, Stopped):
        await wire.stop.sleep(wire.began_at + wire.settle_seconds - wire.now())
        for row in held:
            sent = [one for name in row["unsettled_identities"] for one in earlier[name]]
            if None not in sent:
                found = [await _look_up(one, wire) for one in sent if one is not None]
                await wire.record.settle(row, [contact for contact in found if contact is not None])


def _sent_before(
    plan: Path, identities: Sequence[str], ledger: Ledger, wire: Wire
) -> dict[str, list[Row | None]]:
    """The rows that left each identity's open requests, None where their plan is gone."""
    found: dict[str, list[Row | None]] = {identity: [] for identity in identities}
    for identity, plan_id in plans_in_doubt(ledger, wire.client.location_id, identities):
        path = plan_beside(plan, plan_id or "")
        filters = [("identity", "=", identity)]
        rows = pq.read_table(path, filters=filters).to_pylist() if path.exists() else []
        found[identity] += [row for row in rows if row["body"] is not None] or [None]
    return found


async def _look_up(sent: Row, wire: Wire) -> StoredContact | None:
    body = json.loads(sent["body"])

    async def ask() -> StoredContact | None:
        return await wire.client.find_duplicate(body.get("email"), body.get("phone"))

    return await deliver(wire, sent, "lookup", ask, Counter())
