"""One contact's way through the CRM: intent, request, answer, and what an unclear fate needs.

Never two requests in flight for one identity, and nothing is believed before it is durable.
"""

import json
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from contacts_pipeline.crm import (
    CrmError,
    NotApplied,
    RateLimited,
    Refused,
    StoredContact,
    TokenExpired,
    UnclearFate,
    Unreachable,
    Upserted,
)
from contacts_pipeline.plan import with_tags_apart
from contacts_pipeline.push.echo import differences, holds
from contacts_pipeline.push.meter import Effect, where
from contacts_pipeline.push.slots import Slots
from contacts_pipeline.push.stop import Stopped
from contacts_pipeline.push.wire import Wire

FinalState = Literal["created", "updated", "refused", "failed", "unknown"]
"""A row that nothing was applied for before the push stopped has none: it is deferred."""

BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
MOST_RATE_LIMITS = 20

_LOG = logging.getLogger(__name__)
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
    """The push of one row of the plan.

    The row is ``in_doubt`` if an earlier push of this very plan left a request for it without a
    certain fate.
    """

    def __init__(self, wire: Wire, row: Mapping[str, Any], slots: Slots, *, in_doubt: bool) -> None:
        self._wire = wire
        self._row = row
        self._slots = slots
        self._sent: Counter[Effect] = Counter()
        self._unclear = in_doubt or row["unsettled_since"] is not None
        self._warnings: list[dict[str, str | None]] = list(row["warnings"])

    async def run(self) -> FinalState | None:
        """Send what the row needs, and conclude it; never raises.

        A row that the stop of the push found before anything could be applied has no outcome.
        """
        with suppress(Stopped):  # the ledger can't be written: the next push settles the row
            outcome = await self._attempt()
            if outcome is not None:
                outcome.warnings = self._warnings
                await self._wire.conclude(self._row, outcome, self._sent)
                return outcome.state
        return None

    async def _attempt(self) -> Outcome | None:
        try:
            return await (self._add_tags_alone() if self._row["body"] is None else self._upsert())
        except Refused as error:
            return Outcome("refused", error.code, str(error))
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

    async def _upsert(self) -> Outcome:
        unclear_times = 0
        if self._unclear and (found := await self._settle(self._wire.began_at)) is not None:
            return await self._acknowledge(found, created=self._predicts_create, inferred=True)
        while True:
            try:
                answer = await self._deliver("upsert", self._call)
            except UnclearFate:
                self._unclear = True
                unclear_times += 1
                if (found := await self._settle(self._wire.now())) is not None:
                    return await self._acknowledge(
                        found, created=self._predicts_create, inferred=True
                    )
                if unclear_times >= self._wire.max_tries:
                    raise
            else:
                return await self._acknowledge_answer(answer)

    async def _call(self) -> Upserted:
        body = self._row["body"].encode()
        if self._row["request"] == "update":
            return await self._wire.client.update(self._row["contact_id"], body)
        return await self._wire.client.upsert(body)

    async def _settle(self, since: float) -> StoredContact | None:
        """Wait until the request can't still be running, then look: found as wanted, or None.

        The wait counts from when the attempt failed, for one of an earlier process from the start
        of this push: that process is dead, and no clock of it is trusted.
        """
        async with self._slots.aside():
            await self._wire.stop.sleep(since + self._wire.settle_seconds - self._wire.now())
        wanted = json.loads(self._row["body"])
        with suppress(CrmError):
            found = await self._deliver("lookup", lambda: self._look_up(wanted))
            if found is not None and holds(found, wanted, self._row.get("tags_policy")):
                return found
        if self._row.get("tags_policy") == "add":  # tags that others gave meanwhile must stay
            self._row = with_tags_apart(self._row, self._wire.hash_key)
        return None

    async def _look_up(self, wanted: Mapping[str, Any]) -> StoredContact | None:
        if self._row["request"] == "update":
            return await self._wire.client.get(self._row["contact_id"])
        return await self._wire.client.find_duplicate(wanted.get("email"), wanted.get("phone"))

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
        outcome = Outcome(
            "created" if created else "updated", contact_id=contact.id, inferred=inferred
        )
        tags_to_come = self._row["add_tags"] is not None
        self._wire.remember(self._row, contact, tags_to_come=tags_to_come)
        if tags_to_come:
            try:
                await self._add_tags(contact.id)
                self._wire.remember(self._row, contact, tags_to_come=False)
            except (CrmError, Stopped) as error:
                outcome.code = "tags_pending"
                detail = getattr(error, "code", "interrupted")
                self._warnings.append({"code": "tags_pending", "field": "tags", "detail": detail})
        return outcome

    async def _add_tags_alone(self) -> Outcome:
        contact_id = self._row["contact_id"]
        await self._add_tags(contact_id)
        self._wire.remember_tags(self._row)
        return Outcome("updated", contact_id=contact_id)

    async def _add_tags(self, contact_id: str) -> None:
        """Adding the same tags twice does no harm, so an unclear fate needs no look-up."""
        body = json.dumps({"tags": self._row["add_tags"]}).encode()
        for times in range(1, self._wire.max_tries + 1):
            try:
                await self._deliver("tags", lambda: self._wire.client.add_tags(contact_id, body))
            except UnclearFate:
                self._unclear |= self._row["body"] is None
                if times == self._wire.max_tries:
                    raise
                await self._wire.stop.sleep(_backoff(times))
            else:
                return

    async def _deliver(self, effect: Effect, call: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        """Send until the CRM does something with it; ``NotApplied`` when the tries are used up."""
        limited = unreachable = 0
        while True:
            try:
                return await self._wire.send(self._row, effect, call, self._sent)
            except RateLimited as error:
                limited += 1
                if limited > MOST_RATE_LIMITS:
                    raise
                self._wire.pace.back_off(error.limits, limited)
            except TokenExpired:
                continue  # a token that is refused as soon as it is issued closes the location
            except Unreachable as error:
                unreachable += 1
                if unreachable >= self._wire.max_tries:
                    self._wire.stop.set(error.code, str(error))
                    raise
                await self._wire.stop.sleep(_backoff(unreachable))

    @property
    def _predicts_create(self) -> bool:
        return bool(self._row["action"] == "create")

    @property
    def _has_written(self) -> bool:
        return bool(self._sent["upsert"] or self._sent["tags"])


def _backoff(times: int) -> float:
    """Seconds: doubling, capped, with jitter."""
    longest = min(BACKOFF_SECONDS * 2.0 ** (times - 1), LONGEST_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311
