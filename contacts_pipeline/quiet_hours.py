"""The hours of a day in which nothing is sent to a location, by the clock on its wall.

``20:00-08:00`` runs over midnight; the end itself is no longer quiet.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")


@dataclass(frozen=True)
class QuietHours:
    """From ``start`` to ``end`` in the time zone ``zone``."""

    start: time
    end: time
    zone: ZoneInfo

    @classmethod
    def parse(cls, span: str, timezone: str) -> Self:
        """Read ``20:00-08:00`` for an IANA time zone.

        Raises:
            ValueError: says what is wrong with the span.
        """
        found = _SPAN.fullmatch(span)
        if found is None:
            raise ValueError(f"'{span}' is no span of hours; write it as 20:00-08:00")
        start_hour, start_minute, end_hour, end_minute = map(int, found.groups())
        try:
            start, end = time(start_hour, start_minute), time(end_hour, end_minute)
        except ValueError:
            raise ValueError(f"'{span}': a day has no such hour; midnight is 00:00") from None
        if start == end:
            raise ValueError(f"'{span}' is empty; disable a location that is never sent to")
        return cls(start, end, ZoneInfo(timezone))

    def contain(self, moment: datetime) -> bool:
        """Whether it is quiet at ``moment``, an aware time."""
        clock = moment.astimezone(self.zone).time()
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end

    def next_start(self, moment: datetime) -> datetime:
        """When it is quiet next, in UTC; ``moment`` itself if it is quiet then.

        Asked of every minute, since a clock that is put back passes some of them twice.
        """
        begins = moment.astimezone(UTC)
        while not self.contain(begins):
            begins = begins.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return begins
