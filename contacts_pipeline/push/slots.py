"""How many rows of a location are between intent and answer, and how many only wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_ROWS_IN_FLIGHT = 16  # after SIGKILL at most these are sent again
MOST_ROWS_ASIDE = 256  # rows whose fate is unclear; each is looked up, not sent blindly
_MOST_ROWS = MOST_ROWS_IN_FLIGHT + MOST_ROWS_ASIDE


class Slots:
    """The slots of one location's push."""

    def __init__(self) -> None:
        self._rows = asyncio.Semaphore(_MOST_ROWS)
        self.in_flight = asyncio.Semaphore(MOST_ROWS_IN_FLIGHT)

    async def take(self) -> "Slot":
        """Wait for a slot."""
        await self._rows.acquire()
        await self.in_flight.acquire()
        return Slot(self._rows, self.in_flight)

    async def all_given_back(self) -> None:
        """Wait until no row has one; there is none to take afterwards."""
        for _ in range(_MOST_ROWS):
            await self._rows.acquire()


class Slot:
    """A row takes it before its first request; while its fate settles it steps aside."""

    def __init__(self, rows: asyncio.Semaphore, in_flight: asyncio.Semaphore) -> None:
        self._rows = rows
        self._in_flight = in_flight
        self._is_taken = True

    def give_back(self) -> None:
        """The row has its outcome, or nothing more to send by itself."""
        if self._is_taken:
            self._is_taken = False
            self._in_flight.release()
            self._rows.release()

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Let other rows go on."""
        self._in_flight.release()
        try:
            yield
        finally:
            await self._in_flight.acquire()
