"""How many upserts a second of one core's time the sandbox answers.

The server has a process of its own; this process is the load: plain sockets, so that
it costs little. The figure is CPU seconds of the server, which other load on the
machine doesn't change.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    serving_process,
)

CONNECTIONS = 16
NO_LIMIT = 1_000_000_000
PEOPLE_SHARE = 2  # requests a person: half create, half update
PHONES = 10_000  # people with a phone


class Figures(TypedDict):
    """What one load cost."""

    requests: int
    seconds: float
    server_cpu_us_per_request: float
    upserts_per_cpu_second: float


def main() -> None:
    """Measure an empty memory, a large location, and a state file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="ends within a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    given = parser.parse_args()
    requests = 10_000 if given.quick else 100_000
    location = SandboxLocation(id="bench", burst_limit=NO_LIMIT, daily_limit=NO_LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "sandbox.sqlite"
        figures = {
            "memory": measure(SandboxOptions(locations=(location,)), requests),
            "sliding_window": measure(
                SandboxOptions(locations=(location,), window="sliding"), requests
            ),
            "state_file": measure(SandboxOptions(locations=(location,), state_file=kept), requests),
        }
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, figure in figures.items():
        sys.stdout.write(
            f"{name:15} {figure['upserts_per_cpu_second']:>8,.0f} upserts a CPU second, "
            f"{figure['server_cpu_us_per_request']:.0f} us each, "
            f"{figure['requests'] / figure['seconds']:,.0f} a second by the clock\n"
        )


def measure(options: SandboxOptions, requests: int) -> Figures:
    """Send the load, and read the server's CPU time before and after it."""
    with serving_process(options) as crm:
        asyncio.run(load(crm, requests // 10))
        before, started = crm.cpu_seconds(), time.perf_counter()
        asyncio.run(load(crm, requests))
        cpu, seconds = crm.cpu_seconds() - before, time.perf_counter() - started
        applied = crm.count("applied")
        if applied != requests + requests // 10:
            raise SystemExit(f"only {applied} of {requests} upserts were applied")
    return {
        "requests": requests,
        "seconds": round(seconds, 3),
        "server_cpu_us_per_request": round(cpu / requests * 1e6, 1),
        "upserts_per_cpu_second": round(requests / cpu, 1),
    }


async def load(crm: RunningSandbox, requests: int) -> None:
    """Upsert over a few kept connections, each waiting for its answer."""
    host, _, port = crm.url.removeprefix("http://").partition(":")
    share = requests // CONNECTIONS
    numbers = [range(start * share, (start + 1) * share) for start in range(CONNECTIONS)]
    rest = range(CONNECTIONS * share, requests)
    await asyncio.gather(*(send(host, int(port), crm, part) for part in [*numbers, rest]))


async def send(host: str, port: int, crm: RunningSandbox, numbers: range) -> None:
    """One connection's requests."""
    reader, writer = await asyncio.open_connection(host, port)
    for number in numbers:
        writer.write(request(crm, number))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


def request(crm: RunningSandbox, number: int) -> bytes:
    """An upsert of a person with the usual fields."""
    person = number // PEOPLE_SHARE
    body = json.dumps(
        {
            "locationId": "bench",
            "firstName": "Ada",
            "lastName": f"Byron {number}",
            "email": f"ada.{person}@example.com",
            "phone": f"+1202555{person:04d}" if person < PHONES else None,
            "address1": "12 St James's Square",
            "city": "London",
            "postalCode": "SW1Y 4JH",
            "country": "GB",
            "tags": ["warehouse", "customer"],
            "source": "warehouse",
        }
    ).encode()
    head = (
        "POST /contacts/upsert HTTP/1.1\r\n"
        f"Host: 127.0.0.1\r\nAuthorization: Bearer {crm.token}\r\nVersion: 2021-07-28\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
