"""How fast contacts are pushed: beside the limit, a bare load generator, and another tool.

``uv run --group bench python benchmarks/push.py [--quick] [--json]``. Everything is judged by the
sandbox's own log; the sandbox has processes of its own, so that CPU is told apart.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from push_project import NO_LIMIT, BenchProject, Limit, crm_options, location_ids
from sandbox import load

from contacts_pipeline.sandbox import RunningSandbox, SandboxLocation, serving_process

VENDOR = Limit()
FLEET = 200
SECONDS, QUICK_SECONDS = 60, 31
LATENCIES = (50, 150, 300)
BARE_REQUESTS = 8_000
PEER_ROWS = 100
KILLED_ROWS = 400


@dataclass(frozen=True)
class Case:
    """A push of so many locations."""

    locations: int
    latency_ms: int
    window: str


@dataclass(frozen=True)
class Share:
    """What a case came to; ``per_second`` is accepted requests a second over all locations."""

    case: Case
    of_limit: float
    per_second: float
    rate_limited: int
    cpu_us: float


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within a minute on two idle cores")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    given = parser.parse_args()
    figures = measure(quick=given.quick)
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        sys.stdout.write(f"{name:20} {value}\n")


def measure(*, quick: bool) -> dict[str, Any]:
    """All figures, each measured now."""
    if quick:
        shares = pushed_together([Case(n, 150, "fixed") for n in (1, 20, FLEET)], QUICK_SECONDS)
    else:
        few = [
            Case(n, latency, window)
            for n in (1, 20)
            for latency in LATENCIES
            for window in ("fixed", "sliding")
        ]
        shares = [share for case in few for share in pushed_together([case], SECONDS)]
        shares += pushed_together([Case(FLEET, 150, "sliding")], SECONDS)
    bare = bare_requests_per_second()
    fleet = next(share for share in shares if share.case.locations == FLEET)
    most = min(FLEET * VENDOR.burst / VENDOR.interval_ms * 1000, bare)
    worst = {
        str(n): min(share.of_limit for share in shares if share.case.locations == n)
        for n in (1, 20)
    }
    return {
        "share_of_limit": {
            **{name: round(share, 4) for name, share in worst.items()},
            str(FLEET): round(fleet.per_second / most, 4),
        },
        "rate_limited": sum(share.rate_limited for share in shares),
        "cpu_us_per_request": round(fleet.cpu_us, 1),
        "requests_per_second": round(fleet.per_second, 1),
        "bare_requests_per_second": round(bare, 1),
        "cases": [
            {**vars(share.case), "share_of_limit": round(share.of_limit, 4)} for share in shares
        ],
        "peers": peers(),
        "resent_after_kill": resent_after_kill(seed=random.randrange(10_000)),  # noqa: S311
    }


def pushed_together(cases: Sequence[Case], seconds: int) -> list[Share]:
    """Each case against a sandbox of its own, all at the same time."""
    contacts = seconds * VENDOR.burst * 1000 // VENDOR.interval_ms + VENDOR.burst // 10
    with ExitStack() as stack:
        places = [stack.enter_context(_laid_down(case, VENDOR, contacts)) for case in cases]
        started = [stack.enter_context(project.start("push")) for _, project in places]
        costs = [json.loads(process.communicate()[0].splitlines()[-1]) for process in started]
        return [
            _share(case, crm, cost)
            for case, (crm, _), cost in zip(cases, places, costs, strict=True)
        ]


@contextmanager
def _laid_down(
    case: Case, limit: Limit, contacts: int
) -> Iterator[tuple[RunningSandbox, BenchProject]]:
    options = crm_options(case.locations, limit, latency_ms=case.latency_ms, window=case.window)
    with serving_process(options) as crm, tempfile.TemporaryDirectory() as folder:
        project = BenchProject(
            Path(folder) / "project", crm.url, location_ids(case.locations), limit
        )
        project.write(contacts)
        yield crm, project


def _share(case: Case, crm: RunningSandbox, cost: Mapping[str, Any]) -> Share:
    """From the first answer to the last send of each location, by the sandbox's log."""
    times: dict[str, list[float]] = {}
    for entry in crm.log():
        if entry["applied"]:
            times.setdefault(entry["location_id"], []).append(entry["time"])
    accepted = seconds = 0.0
    for sends in times.values():
        first_answer = min(sends) + case.latency_ms / 1000
        accepted += sum(sent > first_answer for sent in sends)
        seconds += max(sends) - first_answer
    allowed = VENDOR.burst / VENDOR.interval_ms * 1000
    return Share(
        case,
        accepted / (seconds * allowed),
        accepted / seconds * case.locations,
        crm.count("status_429"),
        cost["cpu_seconds"] / cost["requests"] * 1e6,
    )


def bare_requests_per_second() -> float:
    """Plain sockets, a few connections, nothing written down: what sandbox and machine bear."""
    location = SandboxLocation(id="bench", burst_limit=10**9, daily_limit=10**9)
    options = crm_options(1, NO_LIMIT).model_copy(update={"locations": (location,)})
    with serving_process(options) as crm:
        asyncio.run(load(crm, BARE_REQUESTS // 8))
        started = time.perf_counter()
        asyncio.run(load(crm, BARE_REQUESTS))
        return BARE_REQUESTS / (time.perf_counter() - started)


def peers() -> dict[str, float]:
    """Rows a second of one location without a limit, at 0 and 50 ms, and ours beside them."""
    found = {}
    for latency in (0, 50):
        case = Case(1, latency, "fixed")
        with _laid_down(case, NO_LIMIT, PEER_ROWS) as (crm, project):
            cost = project.run("push")
            found[f"contacts_pipeline at {latency} ms"] = round(PEER_ROWS / cost["seconds"], 1)
            crm.reset()
            script = str(Path(__file__).parent / "push_dlt.py")
            command = [sys.executable, script, crm.url, str(project.folder / "dlt"), str(PEER_ROWS)]
            out = subprocess.run(  # noqa: S603 - this interpreter, this folder
                command, capture_output=True, text=True, check=True
            ).stdout
            if crm.count("applied") != PEER_ROWS:
                raise SystemExit("dlt did not push every row")
            found[f"dlt at {latency} ms"] = round(PEER_ROWS / float(out.splitlines()[-1]), 1)
    return found


def resent_after_kill(seed: int) -> int:
    """Rows applied twice after SIGKILL at a random count of the server's log and a second push."""
    at = random.Random(seed).randint(KILLED_ROWS // 10, KILLED_ROWS * 9 // 10)  # noqa: S311
    with _laid_down(Case(1, 50, "fixed"), NO_LIMIT, KILLED_ROWS) as (crm, project):
        with project.start("push") as process:
            while crm.count() < at and process.poll() is None:
                time.sleep(0.002)
            os.kill(process.pid, signal.SIGKILL)
        killed_at = crm.count()
        project.run("push")
        applied = Counter(entry["email"] for entry in crm.log() if entry["applied"])
        if not at <= killed_at < KILLED_ROWS or len(applied) != KILLED_ROWS:
            raise SystemExit(f"seed {seed}: killed at {killed_at}, {len(applied)} rows arrived")
        return sum(applied.values()) - KILLED_ROWS


if __name__ == "__main__":
    main()
