"""Where the CRM is: one look-up for all who ask meanwhile, since a loop makes few at a time."""

import asyncio
import socket
from typing import Any

BELIEVED_SECONDS = 10.0  # a run's connections begin together, and a host that moves is found again

Address = tuple[Any, ...]
"""As ``getaddrinfo`` tells it."""


class Addresses:
    """The addresses of hosts, shared by the clients of a loop."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], asyncio.Task[list[Address]]] = {}

    async def of(self, host: str, port: int) -> list[Address]:
        """Its addresses; ``OSError`` where there are none, as is said to all who wait."""
        if (host, port) not in self._asked:
            self._asked[host, port] = asyncio.create_task(self._look_up(host, port))
        return await asyncio.shield(self._asked[host, port])

    async def _look_up(self, host: str, port: int) -> list[Address]:
        loop = asyncio.get_running_loop()
        believed = 0.0
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            believed = BELIEVED_SECONDS
            return found
        finally:
            loop.call_later(believed, self._asked.pop, (host, port), None)
