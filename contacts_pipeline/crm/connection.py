"""One kept HTTP/1.1 connection: a request's bytes go out as they are, httptools reads the answer.

One request at a time, so whatever comes beside the answer to it is not to be trusted, and ends
the connection.
"""

import asyncio
from dataclasses import dataclass
from typing import cast

import httptools
import httpx

from contacts_pipeline.crm.errors import UnclearFate, Unreachable

MOST_HEAD_BYTES = 64 * 1024  # of a status line and its headers; browsers bear 256 KB, servers 8
MOST_BYTES = 64 * 1024 * 1024  # of an answer: a page of 500 contacts is one of some MB
_SLIPS_OF_PROXIES = {
    "lenient_headers": True,
    "lenient_optional_cr_before_lf": True,
    "lenient_spaces_after_chunk_size": True,
}
"""Read as browsers and aiohttp read them; a danger only to who passes answers on."""
_HAS_AN_END = frozenset({b"content-length", b"transfer-encoding"})


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """A whole answer; the names of ``headers`` are lower case, and the last of a name counts."""

    status: int
    headers: dict[bytes, bytes]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return httpx.codes.is_success(self.status)


class Connection(asyncio.Protocol):
    """``idle_since`` is the loop's time at the end of its last answer, in seconds."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._answered: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**_SLIPS_OF_PROXIES)
        self._keeps_alive = True
        self._bytes = 0
        self._has_head = False
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []

    @property
    def is_free(self) -> bool:
        """Whether another request may be sent: not behind one that was answered half sent."""
        return (
            self._keeps_alive
            and not self._transport.is_closing()
            and not self._transport.get_write_buffer_size()
        )

    async def ask(self, request: bytes, seconds: float) -> Answer:
        """Send ``request`` and wait for its answer, redirects and errors included.

        Raises:
            Unreachable: it was closed before, so nothing was sent.
            UnclearFate: there is none, or not a whole one, after so many ``seconds``.
        """
        if self._transport.is_closing():
            raise Unreachable("no connection (closed)")
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()
        self._answered = answered
        self._bytes, self._has_head = 0, False
        timer = loop.call_later(seconds, self._fail, "TimeoutError")
        self._transport.write(request)
        try:
            return await answered
        finally:
            timer.cancel()
            self.idle_since = loop.time()
            if answered.cancelled():
                self._transport.abort()

    def close(self) -> None:
        """Close it at once: for TLS's farewell a loop that ends would not wait."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop says that it is open."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The loop says that it is closed, and by which error."""
        self._fail(type(exc).__name__ if exc else "closed")

    def eof_received(self) -> None:
        """An answer that does not say where it ends, ends here."""
        if self._has_head and not _HAS_AN_END & self._headers.keys():
            self._finish()

    def data_received(self, data: bytes) -> None:
        """Read on; what nobody asked for is not read."""
        if self._answered is None:
            self._transport.abort()
            return
        self._bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(type(error).__name__)
        if self._bytes > (MOST_BYTES if self._has_head else MOST_HEAD_BYTES):
            self._fail("too long")

    def on_message_begin(self) -> None:
        """Called by the parser, as all that follows: the first answer, or one too many."""
        if self._answered is None:
            self._keeps_alive = False
        self._has_head, self._headers, self._body = False, {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer, which says nothing that is asked for."""
        if not self._has_head:
            self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """The body follows."""
        self._has_head = True

    def on_body(self, part: bytes) -> None:
        """Some of the body."""
        self._body.append(part)

    def on_message_complete(self) -> None:
        """An answer is whole, unless it only says that there will be one."""
        if not httpx.codes.is_informational(self._parser.get_status_code()):
            self._keeps_alive &= self._parser.should_keep_alive()
            self._finish()

    def _finish(self) -> None:
        answered, self._answered = self._answered, None
        if answered is not None and not answered.done():
            status = self._parser.get_status_code()
            answered.set_result(Answer(status, self._headers, b"".join(self._body)))

    def _fail(self, why: str) -> None:
        answered, self._answered = self._answered, None
        self._transport.abort()
        if answered is not None and not answered.done():
            answered.set_exception(UnclearFate(f"no whole answer ({why})"))
