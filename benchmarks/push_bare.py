"""What sandbox and machine bear: requests over bare connections, with nothing read or kept.

A process of its own, as the push has: ``python benchmarks/push_bare.py URL LOCATIONS SECONDS``
prints the requests a second that were answered. The bodies are those of the push.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from typing import cast
from urllib.parse import urlsplit

import uvloop
from push_project import contact_bodies, location_ids

from contacts_pipeline.sandbox import DEFAULT_TOKEN

CONNECTIONS_A_LOCATION = 3  # at 150 ms latency 20 requests a second, twice the vendor's limit
WARM_UP_SECONDS = 0.5


class Connection(asyncio.Protocol):
    """Sends the next request as soon as the last one's answer is whole."""

    answered = 0

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first."""
        self._transport = cast("asyncio.Transport", transport)
        self._send()

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
            self._send()

    def _send(self) -> None:
        self._transport.write(next(self._requests))


def requests(host: str, location: str, part: int) -> Iterator[bytes]:
    """Upserts of ever new people, ready to be sent."""
    for number in range(part, 10**9, CONNECTIONS_A_LOCATION):
        body = json.dumps(contact_bodies(location, 1, start=number)[0]).encode()
        head = (
            f"POST /contacts/upsert HTTP/1.1\r\nHost: {host}\r\n"
            f"Authorization: Bearer {DEFAULT_TOKEN}\r\nVersion: 2021-07-28\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def load(url: str, locations: int, seconds: float) -> float:
    """Requests a second, after a moment to get going."""
    place = urlsplit(url)
    loop = asyncio.get_running_loop()
    for location in location_ids(locations):
        for part in range(CONNECTIONS_A_LOCATION):
            bodies = requests(place.netloc, location, part)
            await loop.create_connection(
                lambda it=bodies: Connection(it), place.hostname, place.port
            )
    await asyncio.sleep(WARM_UP_SECONDS)
    before, started = Connection.answered, time.perf_counter()
    await asyncio.sleep(seconds)
    return (Connection.answered - before) / (time.perf_counter() - started)


if __name__ == "__main__":
    rate = uvloop.run(load(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(f"{rate}\n")
