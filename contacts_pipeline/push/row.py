"""One contact's way through the CRM: intent, request, answer, and what an unclear fate needs.

Never two requests in flight for one identity, and nothing is believed before it is durable.
"""

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from pydantic_core import from_json

from contacts_pipeline.crm import (
    BlockedByEdge,
    CrmError,
    NotApplied,
    Refused,
    StoredContact,
    UnclearFate,
    Upserted,
)
from contacts_pipeline.ledger import Holding, TakenUpsert
from contacts_pipeline.plan import with_tags_apart
from contacts_pipeline.push.delivery import deliver
from contacts_pipeline.push.echo import Note, differences, edits, holds
from contacts_pipeline.push.meter import Effect, where
from contacts_pipeline.push.record import Outcome
from contacts_pipeline.push.slots import Slot
from contacts_pipeline.push.stop import Stopped
from contacts_pipeline.push.tagging import Tagging
from contacts_pipeline.push.wire import Wire

_LOG = logging.getLogger(__name__)
_AnswerT = TypeVar("_AnswerT")


class RowPush:
    """The push of one row of the plan.

    The row is ``in_doubt`` if an earlier push of this very plan left a request for it without a
    certain fate; ``taken`` is what the CRM answered that push, where only tags are missing.
    """

    def __init__(
        self,
        wire: Wire,
        tagging: Tagging,
        row: Mapping[str, Any],
        slot: Slot,
        *,
        in_doubt: bool,
        taken: TakenUpsert | None,
    ) -> None:
        self._wire = wire
        self._tagging = tagging
        self._row = row
        self._slot = slot
        self._taken = taken
        self._sent: Counter[Effect] = Counter()
        self._unclear = in_doubt or row["unsettled_since"] is not None
        self._warnings: list[Note] = list(row["warnings"])

    async def run(self) -> Outcome | None:
        """Send what the row needs, and conclude it; never raises.

        A row that the stop of the push found before anything could be applied has no outcome.
        """
        with suppress(Stopped):  # the ledger can't be written: the next push settles the row
            outcome = await self._attempt()
            if outcome is not None:
                outcome.warnings = self._warnings
                is_changed = outcome.state in {"created", "updated"} and self._sent["upsert"] > 0
                self._wire.meter.changed += is_changed
                await self._wire.record.conclude(
                    self._row, outcome, self._sent, unclear=self._unclear
                )
                return outcome
        return None

    async def _attempt(self) -> Outcome | None:
        try:
            return await self._send()
        except Refused as error:
            # What blocks this request may have let an earlier one through.
            is_known = not (isinstance(error, BlockedByEdge) and self._unclear)
            return Outcome("refused" if is_known else "unknown", error.code, str(error))
        except (NotApplied, UnclearFate) as error:
            return Outcome("unknown" if self._unclear else "failed", error.code, str(error))
        except Stopped:
            if not (self._unclear and self._has_written):
                return None
            code = self._wire.stop.reason
            return Outcome("unknown", code, "stopped before its fate was known")
        except Exception as error:  # noqa: BLE001 - the rows in flight beside it must still end
            told = f"{type(error).__name__} at {where(error)}"
            _LOG.error("a row of the push ended in an error of contacts-pipeline: %s", told)
            self._wire.stop.set("internal_error", f"an error of contacts-pipeline: {told}")
            return Outcome("unknown", "internal_error", told) if self._has_written else None

    async def _send(self) -> Outcome:
        if self._row["body"] is None:
            return await self._add_tags_alone()
        return await (self._upsert() if self._taken is None else self._resume(self._taken))

    async def _upsert(self) -> Outcome:
        unclear_times = 0
        if self._unclear and (found := await self._settle(self._wire.began_at)) is not None:
            return await self._acknowledge(found, created=False, found=True)
        while True:
            try:
                answer = await self._deliver("upsert", self._call)
            except UnclearFate:
                self._unclear = True
                unclear_times += 1
                if (found := await self._settle(self._wire.now())) is not None:
                    return await self._acknowledge(found, created=False, found=True)
                if unclear_times >= self._wire.max_tries:
                    raise
            else:
                return await self._acknowledge_answer(answer)

    async def _call(self) -> Upserted:
        body = self._row["body"].encode()
        if self._row["request"] == "update":
            return await self._wire.client.update(self._row["contact_id"], body)
        return await self._wire.client.upsert(body)

    async def _settle(self, since: float) -> Holding | None:
        """Wait until the request can't still be running, then look: found as wanted, or None.

        The wait counts from when the attempt failed, for one of an earlier process from the start
        of this push: that process is dead, and no clock of it is trusted.
        """
        async with self._slot.aside():
            await self._wire.stop.sleep(since + self._wire.settle_seconds - self._wire.now())
        wanted = json.loads(self._row["body"])
        with suppress(CrmError):
            found = await self._deliver("lookup", lambda: self._look_up(wanted))
            if found is not None and holds(found, wanted, self._row.get("tags_policy")):
                return self._wire.record.held_by(found)
        if self._row.get("tags_policy") == "add":  # tags that others gave meanwhile must stay
            self._row = with_tags_apart(self._row, self._wire.record.hash_key)
        return None

    async def _look_up(self, wanted: Mapping[str, Any]) -> StoredContact | None:
        if self._row["request"] == "update":
            return await self._wire.client.get(self._row["contact_id"])
        return await self._wire.client.find_duplicate(wanted.get("email"), wanted.get("phone"))

    async def _acknowledge_answer(self, answer: Upserted) -> Outcome:
        contact, sent = answer.contact, json.loads(self._row["body"])
        expected = from_json(self._row["hashes"])
        kept = {field: expected[field] for field in expected.keys() - sent.keys()}
        differing = differences(sent, contact, self._row.get("tags_policy"))
        self._warnings += differing
        self._warnings += [
            one
            for one in edits(kept, contact, self._wire.record.hash_key)
            if one not in self._warnings
        ]
        created = answer.new and self._row["request"] == "upsert"
        outcome = await self._acknowledge(self._wire.record.held_by(contact), created=created)
        for one in differing:
            if one["field"] in {"email", "phone"} and (value := sent[one["field"]]):
                await self._name_holder(one, value)
        return outcome

    async def _name_holder(self, warning: Note, value: str) -> None:
        """A value that the CRM did not store belongs to another contact: add which."""
        email, phone = (value, None) if warning["field"] == "email" else (None, value)
        with suppress(CrmError, Stopped):
            holder = await self._deliver(
                "lookup", lambda: self._wire.client.find_duplicate(email, phone)
            )
            if holder is not None and holder.id != warning["detail"]:
                warning["detail"] = f"{warning['detail']}, held by {holder.id}"

    async def _resume(self, taken: TakenUpsert) -> Outcome:
        """Go on after the answer that an earlier push of the plan got.

        It may have sent the body without its tags, for those that others gave, and have said so
        to nobody.
        """
        if self._row.get("tags_policy") == "add":
            self._row = with_tags_apart(self._row, self._wire.record.hash_key)
        return await self._acknowledge(taken.holding, created=taken.created)

    async def _acknowledge(
        self, contact: Holding, *, created: bool, found: bool = False
    ) -> Outcome:
        """The contact has the row's fields: ``created`` by its request, or ``found`` with them."""
        self._note_another_contact(contact)
        inferred = found or (self._predicts_create and not created and self._unclear)
        created = created or (inferred and self._predicts_create)
        outcome = Outcome(
            "created" if created else "updated", contact_id=contact.id, inferred=inferred
        )
        tags_to_come = self._row["add_tags"] is not None
        self._wire.record.remember(self._row, contact, tags_to_come=tags_to_come)
        if tags_to_come:
            try:
                await self._add_tags(contact.id)
                self._wire.record.remember(self._row, contact, tags_to_come=False)
            except (CrmError, Stopped) as error:
                outcome.code = "tags_pending"
                detail = getattr(error, "code", "interrupted")
                self._warnings.append({"code": "tags_pending", "field": "tags", "detail": detail})
        return outcome

    def _note_another_contact(self, contact: Holding) -> None:
        """An update led to another contact than planned: it holds what the body said, no more.

        The planned one was deleted or merged. The next plan sends the rest.
        """
        if self._row["contact_id"] in {None, contact.id}:
            return
        self._row = {**self._row, "hashes": "{}", "row_hash": None}
        self._warnings.append({"code": "other_contact", "field": "id", "detail": contact.id})

    async def _add_tags_alone(self) -> Outcome:
        contact_id = self._row["contact_id"]
        try:
            await self._add_tags(contact_id)
        except UnclearFate:
            self._unclear = True
            raise
        self._wire.record.remember_tags(self._row)
        return Outcome("updated", contact_id=contact_id)

    async def _add_tags(self, contact_id: str) -> None:
        self._slot.give_back()
        await self._tagging.add(self._row, contact_id, self._sent)

    async def _deliver(self, effect: Effect, call: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        return await deliver(self._wire, self._row, effect, call, self._sent)

    @property
    def _predicts_create(self) -> bool:
        return bool(self._row["action"] == "create")

    @property
    def _has_written(self) -> bool:
        return bool(self._sent["upsert"] or self._sent["tags"])
