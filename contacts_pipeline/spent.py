"""What asking a location of the CRM took: it counts against its day, and is told."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Spent:
    """Requests; ``retries`` is the part that repeats one, ``rate_limited`` answered by a 429."""

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.requests + other.requests,
            self.retries + other.retries,
            self.rate_limited + other.rate_limited,
        )


NOTHING = Spent()
