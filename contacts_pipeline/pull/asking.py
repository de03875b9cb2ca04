"""Asking a location of the CRM: at its pace, and again where there was no answer."""

import asyncio
import sys
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
from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import DayLeft
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.stop import Stopped, StopSignal
from contacts_pipeline.spent import Spent

_PAUSE_SECONDS = 1.0
_NOBODY_COUNTS = DayLeft(sys.maxsize, "headers")
_AnswerT = TypeVar("_AnswerT")


class DayIsSpentError(PipelineError):
    """Nothing but its reserve is left of the location's day."""

    code = "daily_budget"


@dataclass(frozen=True)
class ReadSettings:
    """How to read, whatever the location."""

    base_url: str
    timeout_seconds: float
    max_tries: int


@dataclass(frozen=True)
class Door:
    """What opens a location, how fast it may be asked, and how often today.

    Without ``left`` the CRM's own word alone ends the day.
    """

    location_id: str
    access: Access
    burst_limit: int
    interval_seconds: float
    left: DayLeft = _NOBODY_COUNTS
    daily_reserve: int = 0


class Asker:
    """A location's client with its pace and day; only for what may be asked twice."""

    def __init__(self, client: CrmClient, pace: Pace, budget: DailyBudget, max_tries: int) -> None:
        self.client = client
        self._pace = pace
        self._budget = budget
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
        """Reading twice does no harm, so whatever did not answer is asked again.

        Raises:
            CrmError: it did not answer, or will not.
            DayIsSpentError: asking would take from the day's reserve.
        """
        for attempt in range(1, self._max_tries + 1):
            try:
                async with self._pace.turn(), self._budget.request():
                    answer = await call()
            except Stopped:
                raise DayIsSpentError("nothing but the reserve is left of its day") from None
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
    stop = StopSignal()
    pace = Pace(stop, door.burst_limit, door.interval_seconds)
    left = door.left
    budget = DailyBudget(
        stop, left.requests, door.daily_reserve, counted=left.known_from == "ledger"
    )

    def observe(limits: RateLimits) -> None:
        pace.observe(limits)
        budget.observe(limits)

    client = CrmClient(
        settings.base_url,
        door.location_id,
        door.access,
        timeout_seconds=settings.timeout_seconds,
        ssl_context=ssl_context,
        observe=observe,
    )
    async with client:
        yield Asker(client, pace, budget, settings.max_tries)
