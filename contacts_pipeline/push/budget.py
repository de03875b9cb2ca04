"""What a location may still send today: the last header's word, less what is on its way.

A reserve stays for whoever else uses the app at this location. Retries, look-ups and tags count.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from contacts_pipeline.crm import RateLimits
from contacts_pipeline.push.stop import Stopped, StopSignal

SAVE_SECONDS = 5.0


class DailyBudget:
    """The requests of one location's day; ``requests`` are left until a header says else.

    At ``reserve`` requests or less nothing more is sent: the push stops with ``daily_budget``.
    Where that is our own count (``counted``) one request asks the CRM first, whose word wins.
    """

    def __init__(self, stop: StopSignal, requests: int, reserve: int, *, counted: bool) -> None:
        self._stop = stop
        self._left = requests
        self._reserve = reserve
        self._may_ask = counted
        self._on_their_way = 0
        self._answered = asyncio.Event()
        self._was_told = False
        self._saved_at = float("-inf")

    @asynccontextmanager
    async def request(self) -> AsyncIterator[None]:
        """Send one request within; raises ``Stopped`` if the day has none for it."""
        while self._left - self._on_their_way <= self._reserve and not self._asks():
            if not self._on_their_way:
                self._stop.set("daily_budget")
            if self._stop.is_set:
                raise Stopped
            self._answered.clear()
            await self._answered.wait()
        self._on_their_way += 1
        try:
            yield
        finally:
            self._on_their_way -= 1
            self._left -= 1
            self._answered.set()

    def _asks(self) -> bool:
        asks = self._may_ask and not self._was_told and not self._on_their_way
        self._may_ask = False
        return asks and not self._stop.is_set

    def observe(self, limits: RateLimits) -> None:
        """Learn from the headers of an answer; one that was overtaken says too much."""
        if limits.daily_remaining is None:
            return
        said = limits.daily_remaining + 1  # the request that was answered is still on its way here
        overtaken = self._was_told and self._left < said <= self._left + self._on_their_way
        if not overtaken:
            self._left = said
        self._was_told = True

    def to_save(self, now: float) -> int | None:
        """What is left by the CRM's own word, if that is worth writing down by now (seconds)."""
        if not self._was_told or now - self._saved_at < SAVE_SECONDS:
            return None
        self._saved_at = now
        return self._left - self._on_their_way
