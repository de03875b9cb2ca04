"""A location's line to the CRM: every request leaves its intent in the ledger before it goes.

Also the place where an answer about the location, not the record, stops the location.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any, TypeVar

from contacts_pipeline.crm import (
    BlockedByEdge,
    ClientOutdated,
    CrmClient,
    CrmError,
    LocationClosed,
    RateLimited,
    Refused,
    UnclearFate,
    Unreachable,
)
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.meter import Effect, Meter, read_answer
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.record import Record
from contacts_pipeline.push.stop import Stopped, StopSignal

MOST_UNCLEAR_IN_A_ROW = 32  # twice the rows in flight: the CRM is down, not a request unlucky
MOST_BLOCKED_IN_A_ROW = 5  # rows: does a firewall refuse the location, or what these say?

LONG_WAIT = 1 / 3
"""Of ``settle_seconds``: for so long nobody who took the location over looks for our requests."""

_SAYS_NOTHING = b"{}"
"""The body of an upsert that the vendor refuses, since it names no location: nothing is changed."""
_NO_CONTACT: Mapping[str, Any] = {
    "identity": "",
    "source_keys": [],
    "contact_id": None,
    "email_hash": None,
    "phone_hash": None,
}

_AnswerT = TypeVar("_AnswerT")


class Wire:
    """What the rows of one location share."""

    def __init__(
        self,
        client: CrmClient,
        record: Record,
        pace: Pace,
        budget: DailyBudget,
        stop: StopSignal,
        *,
        stop_run: Callable[[str, str], None],
        settle_seconds: float,
        max_tries: int,
    ) -> None:
        self.client = client
        self.record = record
        self.pace = pace
        self.stop = stop
        self.settle_seconds = settle_seconds
        self.max_tries = max_tries
        self.meter = Meter()
        self.began_at = self.now()
        self._budget = budget
        self._stop_run = stop_run
        self._unclear_in_a_row = 0
        self._blocked_in_a_row: set[str] = set()

    def now(self) -> float:
        """Seconds of a clock that no one sets."""
        return asyncio.get_running_loop().time()

    async def send(
        self,
        row: Mapping[str, Any],
        effect: Effect,
        call: Callable[[], Awaitable[_AnswerT]],
        sent: Counter[Effect],
    ) -> _AnswerT:
        """One request with its intent and its answer in the ledger; counted in the row's ``sent``.

        Raises:
            CrmError: as the client does, for what concerns the record.
            Stopped: the push stopped first, or the answer stopped the location.
        """
        if self.stop.is_set:
            raise Stopped
        intent = await self.record.intend(row, effect)
        intended_at = self.now()
        try:
            async with self.pace.turn(), self._budget.request():
                if self.now() - intended_at > self.settle_seconds * LONG_WAIT:
                    await self.record.still_ours()
                started = perf_counter()
                answer = await call()
        except Stopped:
            self.record.answered(intent, "not_sent")
            raise
        except CrmError as error:
            if not isinstance(error, Unreachable):
                self._measure(started, effect, sent)
            self.meter.rate_limited += isinstance(error, RateLimited)
            unclear = isinstance(error, UnclearFate) and effect == "upsert"
            self.record.answered(intent, error.code, error=error, settled=not unclear)
            self._stop_if_about_the_location(error)
            if isinstance(error, BlockedByEdge):
                await self._blocked(row)
            raise
        self._measure(started, effect, sent)
        self._unclear_in_a_row = 0
        self._blocked_in_a_row.clear()
        self.pace.let_in()
        self.record.answered(intent, *read_answer(answer))
        self.save_limits(self.now())
        return answer

    def save_limits(self, now: float) -> None:
        """Write down what is left of the day, for the next plan; not at every answer."""
        if (left := self._budget.to_save(now)) is not None:
            self.record.keep_daily_remaining(left)

    def _measure(self, started: float, effect: Effect, sent: Counter[Effect]) -> None:
        self.meter.latencies.append(perf_counter() - started)
        self.meter.retries += sent[effect] > 0
        self.meter.sent[effect] += 1
        sent[effect] += 1

    def _stop_if_about_the_location(self, error: CrmError) -> None:
        self._count_in_a_row(error)
        match error:
            case ClientOutdated():
                self._stop_run(error.code, str(error))
            case LocationClosed():
                self.stop.set(error.code, str(error))
            case RateLimited() if error.daily_budget_spent:
                self.stop.set(error.code)
            case RateLimited():
                if (told := self.pace.back_off(error.limits)) is None:
                    return
                self.stop.set(error.code, told)
            case _:
                return
        raise Stopped from None

    def _count_in_a_row(self, error: CrmError) -> None:
        """Many of a kind stop the location, yet each row tells what it got."""
        if not isinstance(error, RateLimited | Unreachable):
            self.pace.let_in()
        match error:
            case UnclearFate():
                self._unclear_in_a_row += 1
                if self._unclear_in_a_row >= MOST_UNCLEAR_IN_A_ROW:
                    self.stop.set("crm_unstable", str(error))
            case Refused() if not isinstance(error, BlockedByEdge):
                self._blocked_in_a_row.clear()

    async def _blocked(self, row: Mapping[str, Any]) -> None:
        """Several in a row: ask by an upsert that says nothing whether a firewall blocks them all.

        Whatever comes of it, the row is refused: one that was left over would stand first the next
        time, and be blocked again.
        """
        if row is _NO_CONTACT:
            return
        self._blocked_in_a_row.add(row["identity"])
        if len(self._blocked_in_a_row) != MOST_BLOCKED_IN_A_ROW:
            return
        try:
            await self.send(
                _NO_CONTACT, "lookup", lambda: self.client.upsert(_SAYS_NOTHING), Counter()
            )
        except BlockedByEdge as error:
            self.stop.set(error.code, str(error))
        except (CrmError, Stopped):
            self._blocked_in_a_row.clear()
