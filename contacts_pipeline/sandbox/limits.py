"""The burst and the day, counted per app and location; the five headers that tell of them."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Literal

from contacts_pipeline.sandbox.options import SandboxLocation, SandboxOptions

DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Reading:
    """The meter after one request; ``wait`` is the seconds until the next would be let in."""

    admitted: bool
    remaining: int
    daily_remaining: int
    wait: float


class Meter:
    """One app's use of one location."""

    def __init__(self, location: SandboxLocation, options: SandboxOptions) -> None:
        self._location = location
        self._options = options
        self._interval = location.interval_ms / 1000
        self._arrivals: deque[float] = deque()
        self._opened = 0.0
        self._used = 0
        self.day_ends = 0.0
        self.day_used = 0
        self._taken = 0

    def count(self, now: float) -> Reading:
        """Count a request, and say whether it is let in."""
        self._roll(now)
        limit = self._location.burst_limit
        admitted = self._used < limit and self.day_used < self._location.daily_limit
        if admitted or self._options.rules.refusals_count:
            self._spend(now)
        return self.read(now, admitted=admitted)

    def read(self, now: float, *, admitted: bool = True) -> Reading:
        """The meter as it stands."""
        self._roll(now)
        daily_left = max(self._location.daily_limit - self.day_used, 0)
        left = max(self._location.burst_limit - self._used, 0)
        wait = 0.0
        if daily_left == 0:
            wait = self.day_ends - now
        elif left == 0:
            start = self._arrivals[0] if self._sliding else self._opened
            wait = start + self._interval - now
        return Reading(admitted, left, daily_left, max(wait, 0.0))

    def exhaust_day(self, now: float) -> None:
        """Use up what is left of the day."""
        self._roll(now)
        self._taken += self._location.daily_limit - self.day_used
        self.day_used = self._location.daily_limit

    def give_back_day(self) -> None:
        """Undo what ``exhaust_day`` took of this day."""
        self.day_used -= self._taken
        self._taken = 0

    @property
    def _sliding(self) -> bool:
        return self._options.window == "sliding"

    def _spend(self, now: float) -> None:
        self._used += 1
        self.day_used += 1
        if self._sliding:
            self._arrivals.append(now)

    def _roll(self, now: float) -> None:
        if now >= self.day_ends:
            self.day_used = self._taken = 0
            self.day_ends = _day_end(now, self._options.rules.day)
        if self._sliding:
            horizon = now - self._interval
            while self._arrivals and self._arrivals[0] <= horizon:
                self._arrivals.popleft()
            self._used = len(self._arrivals)
        elif now >= self._opened + self._interval:
            self._opened = now
            self._used = 0


def limit_headers(
    location: SandboxLocation, reading: Reading, *, retry_after: bool
) -> tuple[tuple[str, str], ...]:
    """The five headers, and ``Retry-After`` in whole seconds on a refusal if so asked."""
    headers = (
        ("X-RateLimit-Limit-Daily", str(location.daily_limit)),
        ("X-RateLimit-Daily-Remaining", str(reading.daily_remaining)),
        ("X-RateLimit-Interval-Milliseconds", str(location.interval_ms)),
        ("X-RateLimit-Max", str(location.burst_limit)),
        ("X-RateLimit-Remaining", str(reading.remaining)),
    )
    if retry_after and not reading.admitted:
        return (*headers, ("Retry-After", str(max(ceil(reading.wait), 1))))
    return headers


def _day_end(now: float, day: Literal["utc", "first_request"]) -> float:
    if day == "first_request":
        return now + DAY_SECONDS
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today + timedelta(days=1)).timestamp()
