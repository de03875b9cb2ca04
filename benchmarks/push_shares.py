"""How much of what the limits allow a push uses, by the sandbox's own log.

``share_of_limit``: accepted requests / (limit x time), from the first answer to the last send of
each location. Each case has a sandbox and a push in processes of their own, so that CPU is told
apart; the push's settings always say the vendor's limit, whatever the sandbox's headers say.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from push_project import NO_LIMIT, BenchProject, Limit, crm_options, location_ids

from contacts_pipeline.sandbox import RunningSandbox, serving_process

VENDOR = Limit()
TRIAL = Limit(burst=25)
BARE = Path(__file__).parent / "push_bare.py"


@dataclass(frozen=True)
class Case:
    """A push of so many locations; ``limit`` is what the sandbox allows each."""

    locations: int
    latency_ms: int
    window: str
    limit: Limit = VENDOR


@dataclass(frozen=True)
class Share:
    """What a case came to.

    ``per_second`` is accepted requests over all locations, ``slowest`` the share of the location
    that had least, ``first_alone`` whether each location's second request waited for the first
    one's answer, ``cpu_us`` the push's CPU a request and ``server_us`` the sandbox's.
    """

    case: Case
    of_limit: float
    slowest: float
    per_second: float
    rate_limited: int
    first_alone: bool
    cpu_us: float
    server_us: float

    def told(self) -> dict[str, Any]:
        """As the document shows it."""
        return {
            "locations": self.case.locations,
            "latency_ms": self.case.latency_ms,
            "window": self.case.window,
            "limit_in_10_s": self.case.limit.burst,
            "share_of_limit": round(self.of_limit, 4),
            "slowest_location": round(self.slowest, 4),
            "requests_per_second": round(self.per_second, 1),
            "rate_limited": self.rate_limited,
            "first_request_alone": self.first_alone,
            "cpu_us_per_request": round(self.cpu_us, 1),
            "sandbox_cpu_us_per_request": round(self.server_us, 1),
        }


def pushed_together(cases: Sequence[Case], seconds: int) -> list[Share]:
    """Each case against a sandbox of its own, all at the same time."""
    with ExitStack() as stack:
        places = [stack.enter_context(_laid_down(case, seconds)) for case in cases]
        before = [crm.cpu_seconds() for crm, _ in places]
        started = [stack.enter_context(project.push()) for _, project in places]
        costs = [json.loads(process.communicate()[0].splitlines()[-1]) for process in started]
        return [
            _share(case, crm, cost, crm.cpu_seconds() - spent)
            for case, (crm, _), cost, spent in zip(cases, places, costs, before, strict=True)
        ]


@dataclass(frozen=True)
class Bare:
    """What a bare load generator came to: answers a second, and its own CPU for each."""

    per_second: float
    cpu_us: float


def bare_load(case: Case, seconds: float) -> Bare:
    """A bare load generator at the push's pace against the same sandbox, which refuses nothing."""
    options = crm_options(case.locations, NO_LIMIT, latency_ms=case.latency_ms)
    with serving_process(options) as crm:
        command = [sys.executable, str(BARE), crm.url, str(case.locations), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return Bare(**json.loads(done.stdout))


@contextmanager
def _laid_down(case: Case, seconds: int) -> Iterator[tuple[RunningSandbox, BenchProject]]:
    options = crm_options(
        case.locations, case.limit, latency_ms=case.latency_ms, window=case.window
    )
    with serving_process(options) as crm, tempfile.TemporaryDirectory() as folder:
        project = BenchProject(
            Path(folder) / "project", crm.url, location_ids(case.locations), VENDOR
        )
        project.write(round(seconds * case.limit.per_second))
        yield crm, project


def _share(case: Case, crm: RunningSandbox, cost: Mapping[str, Any], server: float) -> Share:
    if cost["not_ok"]:
        raise SystemExit(f"not pushed: {cost['not_ok']}")
    arrivals: dict[str, list[float]] = {}
    for entry in crm.log():
        if entry["applied"]:
            arrivals.setdefault(entry["location_id"], []).append(entry["time"])
    accepted, seconds, shares = 0, 0.0, []
    for times in arrivals.values():
        first_answer = times[0] + case.latency_ms / 1000
        after, took = sum(time > first_answer for time in times), times[-1] - first_answer
        shares.append(after / took / case.limit.per_second)
        accepted, seconds = accepted + after, seconds + took
    return Share(
        case,
        of_limit=accepted / seconds / case.limit.per_second,
        slowest=min(shares),
        per_second=accepted / seconds * case.locations,
        rate_limited=crm.count("status_429"),
        first_alone=all(
            times[1] - times[0] >= case.latency_ms / 1000 for times in arrivals.values()
        ),
        cpu_us=cost["cpu_seconds"] / cost["requests"] * 1e6,
        server_us=server / cost["requests"] * 1e6,
    )
