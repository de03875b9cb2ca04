"""The connections to one location's CRM: kept ones first, and a new one where none is free.

Every error says for certain whether the request was sent; nothing is sent twice.
"""

import asyncio
import ssl
from collections import deque

import aiohappyeyeballs
import httpx

from contacts_pipeline.crm.addresses import Addresses
from contacts_pipeline.crm.connection import Answer, Connection
from contacts_pipeline.crm.errors import UnclearFate, Unreachable

CONNECT_SECONDS = 10.0  # name, TCP and TLS together
NEXT_ADDRESS_SECONDS = 0.25  # RFC 8305: a host whose IPv6 leads nowhere is reached by IPv4
KEPT_SECONDS = 15.0  # what was idle for longer the server may be closing right now


class Transport:
    """Requests to ``url``'s host and port; over TLS with ``ssl_context``."""

    def __init__(
        self,
        url: httpx.URL,
        timeout_seconds: float,
        ssl_context: ssl.SSLContext,
        addresses: Addresses,
    ) -> None:
        self._addresses = addresses
        self._host = url.raw_host.decode("ascii")
        self._ssl_context = ssl_context if url.scheme == "https" else None
        self._port = url.port or (80 if self._ssl_context is None else 443)
        self._timeout_seconds = timeout_seconds
        self._free: deque[Connection] = deque()

    async def send(self, request: bytes) -> Answer:
        """Send ``request``, head and body, and read the whole answer; its content is decoded.

        Raises:
            Unreachable: no connection was made, so nothing was sent.
            UnclearFate: it was sent, and nobody knows.
        """
        connection = self._take_kept() or await self._connect()
        try:
            answer = await connection.ask(request, self._timeout_seconds)
        finally:
            if connection.is_free:
                self._free.append(connection)
            else:
                connection.close()
        return _decoded(answer) if b"content-encoding" in answer.headers else answer

    def _take_kept(self) -> Connection | None:
        oldest = asyncio.get_running_loop().time() - KEPT_SECONDS
        while self._free and self._free[0].idle_since < oldest:
            self._free.popleft().close()
        while self._free:
            connection = self._free.pop()
            if connection.is_free:
                return connection
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(min(CONNECT_SECONDS, self._timeout_seconds)):
                found = await self._addresses.of(self._host, self._port)
                connected = await aiohappyeyeballs.start_connection(
                    found, happy_eyeballs_delay=NEXT_ADDRESS_SECONDS
                )
                _, connection = await loop.create_connection(
                    Connection,
                    sock=connected,
                    ssl=self._ssl_context,
                    server_hostname=self._host if self._ssl_context else None,
                )
        except (OSError, RuntimeError, ValueError) as error:
            told = f"no connection ({type(error).__name__})"
        else:
            return connection
        raise Unreachable(told)

    async def aclose(self) -> None:
        """Close every connection."""
        while self._free:
            self._free.popleft().close()
        await asyncio.sleep(0)  # the loop closes them in its next turn


def _decoded(answer: Answer) -> Answer:
    """The answer with its content taken apart by httpx, where it is compressed."""
    try:
        read = httpx.Response(
            answer.status, headers=list(answer.headers.items()), content=answer.content
        )
    except httpx.DecodingError:
        told = "no whole answer (DecodingError)"
    else:
        return Answer(answer.status, answer.headers, read.content)
    raise UnclearFate(told, status=answer.status)
