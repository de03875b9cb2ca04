"""One contact's way through the CRM: intent, request, answer, and what an unclear fate needs.

Never two requests in flight for one identity, and nothing is believed before it is durable.
"""

import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from contacts_pipeline.crm import (
    CrmError,
    NotApplied,
    RateLimited,
    Refused,
    StoredContact,
    UnclearFate,
    Upserted,
)
from contacts_pipeline.ledger import utc_now
from contacts_pipeline.push.echo import differences
from contacts_pipeline.push.stop import Stopped
from contacts_pipeline.push.wire import Effect, Wire

FinalState = Literal["created", "updated", "refused", "failed", "unknown"]
"""A row that nothing was applied for before the push stopped has none: it is deferred."""

BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
MOST_RATE_LIMITS = 20

_AnswerT = TypeVar("_AnswerT")


@dataclass
class Outcome:
    """What became of one identity; ``code`` is stable, ``message`` holds no values."""

    state: FinalState
    code: str | None = None
    message: str | None = None
    contact_id: str | None = None
    inferred: bool = False
    warnings: list[dict[str, str | None]] = field(default_factory=list)


class RowPush:
    """The push of one row of the plan."""

    def __init__(self, wire: Wire, row: Mapping[str, Any]) -> None:
        self._wire = wire
        self._row = row
        self._sent: Counter[Effect] = Counter()
        self._unclear = row["unsettled_since"] is not None
        self._warnings: list[dict[str, str | None]] = list(row["warnings"])

    async def run(self) -> Outcome | None:
        """Send what the row needs; None if the push stopped before anything could be applied."""
        try:
            outcome = await (
                self._add_tags_alone() if self._row["body"] is None else self._upsert()
            )
        except Refused as error:
            outcome = Outcome("refused", error.code, str(error))
        except (NotApplied, UnclearFate) as error:
            outcome = Outcome("unknown" if self._unclear else "failed", error.code, str(error))
        except Stopped:
            if not (self._unclear and self._sent):
                return None
            outcome = Outcome("unknown", "interrupted", "stopped before its fate was known")
        outcome.warnings = self._warnings
        await self._wire.conclude(self._row, outcome, self._sent)
        return outcome

    async def _upsert(self) -> Outcome:
        sent_at: datetime | None = self._row["unsettled_since"]
        while True:
            if sent_at is not None and (found := await self._settle(sent_at)) is not None:
                return await self._acknowledge(found, created=self._predicts_create, inferred=True)
            sent_at = utc_now()
            try:
                answer = await self._deliver("upsert", self._call)
            except UnclearFate:
                self._unclear = True
                if self._sent["upsert"] >= self._wire.max_tries:
                    raise
            else:
                return await self._acknowledge_answer(answer)

    async def _call(self) -> Upserted:
        body = self._row["body"].encode()
        if self._row["request"] == "update":
            return await self._wire.client.update(self._row["contact_id"], body)
        return await self._wire.client.upsert(body)

    async def _settle(self, sent_at: datetime) -> StoredContact | None:
        """Wait until the request can't still be running, then look: found as wanted, or None."""
        settle = timedelta(seconds=self._wire.settle_seconds)
        left = min(max(sent_at + settle - utc_now(), timedelta()), settle)
        await self._wire.stop.sleep(left.total_seconds())
        wanted = json.loads(self._row["body"])
        email, phone = wanted.get("email"), wanted.get("phone")
        with suppress(CrmError):
            found = await self._deliver(
                "lookup", lambda: self._wire.client.find_duplicate(email, phone)
            )
            if found is not None and not differences(wanted, found):
                return found
        return None

    async def _acknowledge_answer(self, answer: Upserted) -> Outcome:
        self._warnings += differences(json.loads(self._row["body"]), answer.contact)
        created = answer.new and self._row["request"] == "upsert"
        inferred = self._predicts_create and not created and self._unclear
        return await self._acknowledge(
            answer.contact, created=created or inferred, inferred=inferred
        )

    async def _acknowledge(
        self, contact: StoredContact, *, created: bool, inferred: bool
    ) -> Outcome:
        tags_to_come = self._row["add_tags"] is not None
        self._wire.remember(self._row, contact, tags_to_come=tags_to_come)
        if tags_to_come:
            try:
                await self._add_tags(contact.id)
                self._wire.remember(self._row, contact, tags_to_come=False)
            except (CrmError, Stopped) as error:
                code = getattr(error, "code", "interrupted")
                self._warnings.append({"code": "tags_pending", "field": "tags", "detail": code})
        state: FinalState = "created" if created else "updated"
        return Outcome(state, contact_id=contact.id, inferred=inferred)

    async def _add_tags_alone(self) -> Outcome:
        contact_id = self._row["contact_id"]
        await self._add_tags(contact_id)
        self._wire.remember_tags(self._row)
        return Outcome("updated", contact_id=contact_id)

    async def _add_tags(self, contact_id: str) -> None:
        """Adding the same tags twice does no harm, so an unclear fate needs no look-up."""
        body = json.dumps({"tags": self._row["add_tags"]}).encode()
        while True:
            try:
                await self._deliver("tags", lambda: self._wire.client.add_tags(contact_id, body))
            except UnclearFate:
                self._unclear |= self._row["body"] is None
                if self._sent["tags"] >= self._wire.max_tries:
                    raise
                await self._wire.stop.sleep(_backoff(self._sent["tags"]))
            else:
                return

    async def _deliver(self, effect: Effect, call: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        """Send until the CRM does something with it; ``NotApplied`` when the tries are used up."""
        limited = 0
        for attempt in range(1, self._wire.max_tries + MOST_RATE_LIMITS):
            self._sent[effect] += 1
            try:
                return await self._wire.send(
                    self._row, effect, call, repeated=self._sent[effect] > 1
                )
            except RateLimited as error:
                limited += 1
                if limited > MOST_RATE_LIMITS:
                    raise
                self._wire.pace.back_off(error.limits, limited)
            except NotApplied:
                if attempt - limited >= self._wire.max_tries:
                    raise
                await self._wire.stop.sleep(_backoff(attempt - limited))
        raise AssertionError("one of the two bounds ends the loop")

    @property
    def _predicts_create(self) -> bool:
        return bool(self._row["action"] == "create")


def _backoff(times: int) -> float:
    """Seconds: doubling, capped, with jitter."""
    longest = min(BACKOFF_SECONDS * 2.0 ** (times - 1), LONGEST_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
