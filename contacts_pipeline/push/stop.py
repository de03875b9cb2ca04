"""How a push is told to stop: whoever only waits is woken, whoever is sending finishes."""

import asyncio


class Stopped(Exception):
    """Raised where something waited while the push was stopped."""


class StopSignal:
    """Set once, with the reason that the report will give."""

    def __init__(self) -> None:
        self.reason: str | None = None
        self.told: str | None = None
        self._sleeping: set[asyncio.Future[None]] = set()

    @property
    def is_set(self) -> bool:
        """Whether nothing new may be sent."""
        return self.reason is not None

    def set(self, reason: str, told: str | None = None) -> None:
        """Stop for ``reason``, a stable code, and what to tell a person; the first one stays."""
        if self.reason is not None:
            return
        self.reason, self.told = reason, told
        for sleeper in self._sleeping:
            if not sleeper.done():
                sleeper.set_result(None)

    async def sleep(self, seconds: float) -> None:
        """Sleep, or raise ``Stopped`` as soon as the signal is set."""
        if self.reason is None and seconds > 0:
            loop = asyncio.get_running_loop()
            sleeper: asyncio.Future[None] = loop.create_future()
            timer = loop.call_later(seconds, _wake, sleeper)
            self._sleeping.add(sleeper)
            try:
                await sleeper
            finally:
                timer.cancel()
                self._sleeping.discard(sleeper)
        if self.reason is not None:
            raise Stopped


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
