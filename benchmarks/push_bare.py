"""What sandbox and machine bear: the push's bodies at the push's pace, with nothing read or kept.

A process of its own, as the push has: ``python benchmarks/push_bare.py URL LOCATIONS SECONDS``
prints one JSON document, the requests a second that were answered and its CPU a request. Like a
push, each location sends when its turn has come and it has no more than so many in flight.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import uvloop
from push_project import IN_FLIGHT, Limit, contact_bodies, location_ids

from contacts_pipeline.sandbox import DEFAULT_TOKEN

TURN_SECONDS = 1 / Limit().per_second
WARM_UP_SECONDS = 2.0


class Connection(asyncio.Protocol):
    """Goes back to the free ones as soon as the last request's answer is whole."""

    answered = 0

    def __init__(self, free: "asyncio.LifoQueue[Connection]") -> None:
        self._free = free
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It may be asked."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        """Send a request; the answer is counted."""
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Count the answer once its body is there."""
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if len(body) >= int(length):
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(head.decode())
            self._read = b""
            Connection.answered += 1
            self._free.put_nowait(self)


def requests(host: str, location: str) -> Iterator[bytes]:
    """Upserts of ever new people, ready to be sent."""
    for number in itertools.count():
        body = json.dumps(contact_bodies(location, 1, start=number)[0]).encode()
        head = (
            f"POST /contacts/upsert HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {DEFAULT_TOKEN}\r\nVersion: 2021-07-28\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def send_at_pace(url: str, location: str, first_turn: float) -> None:
    """Send on and on, each request at its turn; a turn that finds nothing free is late."""
    place, loop = urlsplit(url), asyncio.get_running_loop()
    free = asyncio.LifoQueue[Connection]()
    connections = 0
    for turn, request in enumerate(requests(place.netloc, location)):
        await asyncio.sleep(first_turn + turn * TURN_SECONDS - loop.time())
        if free.empty() and connections < IN_FLIGHT:
            connections += 1
            _, made = await loop.create_connection(
                lambda: Connection(free), place.hostname, place.port
            )
            free.put_nowait(made)
        (await free.get()).send(request)


async def load(url: str, locations: int, seconds: float) -> dict[str, float]:
    """Requests a second and CPU a request, after a moment to get going."""
    start, names = asyncio.get_running_loop().time(), location_ids(locations)
    tasks = [
        asyncio.create_task(send_at_pace(url, name, start + TURN_SECONDS * at / locations))
        for at, name in enumerate(names)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    before, cpu, started = Connection.answered, time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    answered = Connection.answered - before
    figures = {
        "per_second": answered / (time.perf_counter() - started),
        "cpu_us": (time.process_time() - cpu) / answered * 1e6,
    }
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return figures


if __name__ == "__main__":
    told = uvloop.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(json.dumps(told) + "\n")
