"""How fast contacts are pushed: beside the limit, a bare load generator, and other tools.

``uv run --group bench python benchmarks/push.py [--quick] [--json]``. Everything is judged by the
sandbox's own log. ``share_of_limit`` is the worst of its cases; that of 200 locations is told of
the smaller of the vendor's limit and what a bare load generator reaches just before and just
after. ``push_shares``, ``push_bare`` and ``push_peers`` say how each figure comes to be.

Ten minutes and two cores that do nothing else; ``--quick`` measures every key within a minute, all
cases at the same time, so that those of 200 locations lack what the others take.
"""

import argparse
import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from push_peers import LATENCIES_MS, all_tools, resent_after_kill, rows_per_second
from push_shares import TRIAL, VENDOR, Case, Share, bare_load, pushed_together

FLEET = 200
SECONDS, QUICK_SECONDS = 60, 30
BARE_SECONDS, QUICK_BARE_SECONDS = 10.0, 1.5
PEER_ROWS, QUICK_PEER_ROWS = 640, 48
KILLED_ROWS, QUICK_KILLED_ROWS = 480, 64


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within a minute on two idle cores")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    given = parser.parse_args()
    figures = {**limits(quick=given.quick), **peers(quick=given.quick)}
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    cases = figures.pop("cases")
    for name, value in figures.items():
        sys.stdout.write(f"{name:24} {value}\n")
    for case in cases:
        sys.stdout.write(f"{case}\n")


def limits(*, quick: bool) -> dict[str, Any]:
    """The figures of pushes that keep to a limit."""
    fleet = Case(FLEET, 150, "sliding")
    bare_seconds = QUICK_BARE_SECONDS if quick else BARE_SECONDS
    bare = [bare_load(fleet, bare_seconds)]
    if quick:
        few = [Case(1, 150, "fixed"), Case(20, 150, "sliding"), Case(1, 50, "sliding", TRIAL)]
        *shares, of_fleet = pushed_together([*few, fleet], QUICK_SECONDS)
    else:
        (of_fleet,) = pushed_together([fleet], SECONDS)
    bare.append(bare_load(fleet, bare_seconds))
    if not quick:
        shares = [
            share
            for window in ("fixed", "sliding")
            for latency in (50, 150, 300)
            for share in pushed_together(
                [
                    Case(1, latency, window),
                    Case(20, latency, window),
                    Case(1, latency, window, TRIAL),
                ],
                SECONDS,
            )
        ]
    beside = sum(one.per_second for one in bare) / len(bare)
    reachable = min(FLEET * VENDOR.per_second, beside)
    return {
        "share_of_limit": {
            "1": round(_worst(shares, 1), 4),
            "20": round(_worst(shares, 20), 4),
            str(FLEET): round(of_fleet.per_second / reachable, 4),
        },
        "rate_limited": sum(share.rate_limited for share in [*shares, of_fleet]),
        "cpu_us_per_request": round(of_fleet.cpu_us, 1),
        "requests_per_second": round(of_fleet.per_second, 1),
        "bare_requests_per_second": [round(one.per_second, 1) for one in bare],
        "bare_cpu_us_per_request": [round(one.cpu_us, 1) for one in bare],
        "cases": [share.told() for share in [*shares, of_fleet]],
    }


def peers(*, quick: bool) -> dict[str, Any]:
    """The figures of all tools beside each other, one location without a limit."""
    rows, killed = (QUICK_PEER_ROWS, QUICK_KILLED_ROWS) if quick else (PEER_ROWS, KILLED_ROWS)
    seed = random.randrange(10_000)
    with all_tools() as tools, ThreadPoolExecutor() as together:
        rates = {
            f"{name} at {latency} ms": round(rows_per_second(start, rows, latency), 1)
            for latency in LATENCIES_MS
            for name, start in tools.items()
        }
        resent = together.map(lambda start: resent_after_kill(start, killed, seed), tools.values())
        return {"peers": rates, "resent_after_kill": dict(zip(tools, resent, strict=True))}


def _worst(shares: list[Share], locations: int) -> float:
    return min(share.of_limit for share in shares if share.case.locations == locations)


if __name__ == "__main__":
    main()
