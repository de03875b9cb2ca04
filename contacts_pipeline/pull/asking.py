"""Asking a location of the CRM: at its pace, and again where there was no answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ssl import SSLContext
from typing import TypeVar

from contacts_pipeline.crm import (
    Access,
    CrmClient,
    CrmError,
    NotApplied,
    RateLimited,
    RateLimits,
    UnclearFate,
)
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.stop import StopSignal
from contacts_pipeline.spent import Spent

_PAUSE_SECONDS = 1.0
_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True)
class ReadSettings:
    """How to read, whatever the location."""

    base_url: str
    timeout_seconds: float
    max_tries: int


@dataclass(frozen=True)
class Door:
    """What opens a location, and how fast it may be asked."""

    location_id: str
    access: Access
    burst_limit: int
    interval_seconds: float


class Asker:
    """A location's client with its pace; only for what may be asked twice."""

    def __init__(self, client: CrmClient, pace: Pace, max_tries: int) -> None:
        self.client = client
        self._pace = pace
        self._max_tries = max_tries
        self._retries = 0
        self._rate_limited = 0

    @property
    def spent(self) -> Spent:
        """All that was asked, and asked again."""
        return Spent(self.client.requests, self._retries, self._rate_limited)

    @property
    def limits(self) -> RateLimits:
        """What the CRM last said of its limits."""
        return self._pace.limits

    async def ask(self, call: Callable[[], Awaitable[_AnswerT]]) -> _AnswerT:
        """Reading twice does no harm, so whatever did not answer is asked again."""
        for attempt in range(1, self._max_tries + 1):
            try:
                async with self._pace.turn():
                    answer = await call()
            except (NotApplied, UnclearFate) as error:
                self._rate_limited += isinstance(error, RateLimited)
                if attempt == self._max_tries or not self._may_ask_again(error):
                    raise
                self._retries += 1
                if not isinstance(error, RateLimited):
                    await asyncio.sleep(_PAUSE_SECONDS * attempt)
            else:
                self._pace.let_in()
                return answer
        raise AssertionError("the last attempt returns or raises")

    def _may_ask_again(self, error: CrmError) -> bool:
        """Backs off after a 429, unless the CRM wants nothing more today or for long."""
        if not isinstance(error, RateLimited):
            return True
        return not error.daily_budget_spent and self._pace.back_off(error.limits) is None


@asynccontextmanager
async def asking(
    door: Door, settings: ReadSettings, ssl_context: SSLContext
) -> AsyncIterator[Asker]:
    """A location, ready to be asked."""
    pace = Pace(StopSignal(), door.burst_limit, door.interval_seconds)
    client = CrmClient(
        settings.base_url,
        door.location_id,
        door.access,
        timeout_seconds=settings.timeout_seconds,
        ssl_context=ssl_context,
        observe=pace.observe,
    )
    async with client:
        yield Asker(client, pace, settings.max_tries)
