"""How many rows of a location are between intent and answer, and how many only wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_ROWS_IN_FLIGHT = 16  # after SIGKILL at most these are sent again
MOST_ROWS_ASIDE = 256  # rows whose fate is unclear; each is looked up, not sent blindly


class Slots:
    """A row takes a slot before its first request; while its fate settles it steps aside."""

    def __init__(self) -> None:
        self._rows = asyncio.Semaphore(MOST_ROWS_IN_FLIGHT + MOST_ROWS_ASIDE)
        self._in_flight = asyncio.Semaphore(MOST_ROWS_IN_FLIGHT)

    async def take(self) -> None:
        """Wait for a slot."""
        await self._rows.acquire()
        await self._in_flight.acquire()

    def give_back(self) -> None:
        """The row has its outcome."""
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
