"""The rate limits as the CRM states them in the headers of every answer."""

from collections.abc import Mapping
from typing import NamedTuple, Self

LONGEST_INTERVAL_SECONDS = 3_600.0  # the vendor's is 10 s; what is longer is a slip of the header


class RateLimits(NamedTuple):
    """What the headers of one answer said; None where they said nothing.

    ``interval_seconds`` and ``retry_after_seconds`` are seconds, the others are requests.
    Source: ``X-RateLimit-*`` of the vendor's documentation; ``Retry-After`` is not documented.
    """

    burst: int | None = None
    burst_remaining: int | None = None
    interval_seconds: float | None = None
    daily: int | None = None
    daily_remaining: int | None = None
    retry_after_seconds: float | None = None

    @classmethod
    def of(cls, headers: Mapping[bytes, bytes]) -> Self:
        """Read them by name in lower case; no number, or an impossible one, counts as absent."""
        interval = _number(headers.get(b"x-ratelimit-interval-milliseconds"))
        return cls(
            burst=_count(headers.get(b"x-ratelimit-max")),
            burst_remaining=_count(headers.get(b"x-ratelimit-remaining")),
            interval_seconds=_interval(interval),
            daily=_count(headers.get(b"x-ratelimit-limit-daily")),
            daily_remaining=_count(headers.get(b"x-ratelimit-daily-remaining")),
            retry_after_seconds=_number(headers.get(b"retry-after")),
        )


def _interval(milliseconds: float | None) -> float | None:
    if milliseconds is None or not 0 < milliseconds <= LONGEST_INTERVAL_SECONDS * 1000:
        return None
    return milliseconds / 1000


def _number(text: bytes | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < float("inf") else None


def _count(text: bytes | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)
