"""When the next request may go: evenly spaced, without burst, set from the CRM's own headers.

Evenly spaced requests stay under a fixed window and a sliding one alike; a burst draws refusals.
Sends that were late, since this process was busy, are counted when they really went.
"""

import asyncio
import random
from collections import deque
from types import TracebackType

from contacts_pipeline.crm import RateLimits
from contacts_pipeline.push.stop import StopSignal

JITTER_SECONDS = 0.1  # of the network, which a window bears: 99.0% of 100 in 10 s
LATEST_ARRIVAL_SECONDS = 1.0  # later than others; what takes longer was answered late
LONGEST_BACKOFF_SECONDS = 60.0
LONGEST_RETRY_AFTER_SECONDS = 300.0  # a push that is told to wait longer is due another time
MOST_BACKOFFS_IN_A_ROW = 12  # 8 minutes at the vendor's 10 s: no window stays full that long
MOST_ANSWERS_WITHOUT_LIMITS = 3  # a page of the edge has none; a CRM that never says is believed


class Pace:
    """The turns of one location.

    Until its first answer one request is in flight at most: a trial account's lower limit is
    known from headers only. ``burst`` requests in ``interval_seconds`` hold until they say else.
    """

    def __init__(self, stop: StopSignal, burst: int, interval_seconds: float) -> None:
        self._stop = stop
        self._burst = burst
        self._interval_seconds = interval_seconds
        self._next_turn = 0.0
        self._closed_until = 0.0
        self._backoffs_in_a_row = 0
        self._slow_until = 0.0
        self._slow_gap = 0.0
        self._answers_without_limits = 0
        self._limits_known = False
        self._first = asyncio.Lock()
        self._is_first = False
        self._last: deque[Turn] = deque(maxlen=burst)
        self._shortest = float("inf")
        self.limits = RateLimits()

    def turn(self) -> "Turn":
        """``async with pace.turn()``: wait for a turn and send within it.

        Raises ``Stopped`` if the push stops first.
        """
        return Turn(self)

    async def begin(self, turn: "Turn") -> None:
        """Wait for the turn."""
        if not self._limits_known:
            await self._first.acquire()
            self._is_first = True
        try:
            if self._limits_known:
                self._let_others_go()
            await self._own_turn(turn)
        except BaseException:
            self._let_others_go()
            raise

    def end(self, turn: "Turn") -> None:
        """The answer is here, or none will come."""
        turn.seconds = _now() - turn.sent_at
        self._shortest = min(self._shortest, turn.seconds)
        self._let_others_go()

    def _let_others_go(self) -> None:
        """The first request is alone, so whichever request ends while it is out is that one."""
        if self._is_first:
            self._is_first = False
            self._first.release()

    def observe(self, limits: RateLimits) -> None:
        """Learn from the headers of an answer."""
        if limits.daily_remaining is not None or limits.burst is not None:
            self.limits = limits
        if limits.burst and limits.interval_seconds:
            self._allow(limits.burst, limits.interval_seconds)
        if self._limits_known:
            return
        self._answers_without_limits += limits.burst is None
        if limits.burst is not None or self._answers_without_limits >= MOST_ANSWERS_WITHOUT_LIMITS:
            self._limits_known = True
            self._share_with_others(limits)

    def back_off(self, limits: RateLimits) -> str | None:
        """After a 429: let nobody go for as long as the CRM wants; why not, where that is no use.

        What was on its way when a back-off began may be refused as well, and begins no other.
        """
        if _now() >= self._closed_until:
            self._backoffs_in_a_row += 1
        if self._backoffs_in_a_row > MOST_BACKOFFS_IN_A_ROW:
            return f"the CRM still answers 429 after {MOST_BACKOFFS_IN_A_ROW} pauses"
        asked = limits.retry_after_seconds or 0.0
        if asked > LONGEST_RETRY_AFTER_SECONDS:
            return f"the CRM answers 429 and wants no request for {asked:.0f} s"
        own = self._interval_seconds * 2 ** (self._backoffs_in_a_row - 1) / 4
        jitter = random.uniform(1.0, 1.25)  # noqa: S311 - no secret
        seconds = max(asked, min(own, LONGEST_BACKOFF_SECONDS)) * jitter
        self._closed_until = max(self._closed_until, _now() + seconds)
        return None

    def let_in(self) -> None:
        """An answer other than 429 ends the back-offs in a row."""
        self._backoffs_in_a_row = 0

    def _allow(self, burst: int, interval_seconds: float) -> None:
        if burst != self._burst:
            self._last = deque(self._last, maxlen=burst)
        self._burst, self._interval_seconds = burst, interval_seconds

    def _share_with_others(self, limits: RateLimits) -> None:
        # What an earlier run sent still counts in a sliding window, for one interval at most.
        if limits.burst_remaining is None or limits.burst_remaining >= self._burst - 1:
            return
        interval = self._interval_seconds + JITTER_SECONDS
        self._slow_until = _now() + interval
        self._slow_gap = interval / max(limits.burst_remaining, 1)
        self._next_turn = max(self._next_turn, _now() + self._slow_gap)

    async def _own_turn(self, taken: "Turn") -> None:
        while True:
            turn = max(_now(), self._next_turn, self._closed_until)
            self._next_turn = turn + self._gap(turn)
            await self._stop.sleep(turn - _now())
            if turn < self._closed_until:
                continue
            while (late := self._full_until() - _now()) > 0:
                await self._stop.sleep(late)
            taken.sent_at = _now()
            self._last.append(taken)
            return

    def _full_until(self) -> float:
        """When the window that the last ``burst`` sends have filled has room again."""
        if len(self._last) < self._burst:
            return 0.0
        oldest = self._last[0]
        # What took longer than others may have arrived that much later, and counts from then.
        late = min(max(oldest.seconds - self._shortest, 0.0), LATEST_ARRIVAL_SECONDS)
        return oldest.sent_at + late + self._interval_seconds + JITTER_SECONDS / 2

    def _gap(self, turn: float) -> float:
        gap = (self._interval_seconds + JITTER_SECONDS) / self._burst
        return max(gap, self._slow_gap) if turn < self._slow_until else gap


class Turn:
    """One request's turn; ``seconds`` from its send to its answer, 0 while it is out."""

    __slots__ = ("_pace", "seconds", "sent_at")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.sent_at = 0.0
        self.seconds = 0.0

    async def __aenter__(self) -> None:
        await self._pace.begin(self)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pace.end(self)


def _now() -> float:
    return asyncio.get_running_loop().time()
