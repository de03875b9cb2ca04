"""How fast contacts are judged, unified and planned, beside a straightforward program, in one run.

``uv run --group bench python benchmarks/prepare.py [--quick] [--json] [--rows N] [--growth]``.
Times are from Parquet to Parquet, the plan's with an empty ledger; on a shared machine CPU
seconds tell more than the clock. ``--limited`` runs it once more in a tenth of the memory.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
from baseline import unify_by_rows
from contacts_data import write_contacts

from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan import PlannedLocation, Sources, plan_locations
from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import Policy, Settings

QUICK_ROWS, ROWS = 100_000, 10_000_000
GROWTH = (100_000, 1_000_000, 10_000_000)
BASELINE_ROWS = 20_000
LOCATIONS_A_PLAN = 100
"""Planned in one pass, as a run covers up to 100 partitions."""

LITTLE_MEMORY = "1.5GiB"

Figures = dict[str, float]


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 rows, within a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--growth", action="store_true", help="100 thousand, 1 and 10 million rows")
    parser.add_argument("--without-plan", action="store_true", help="up to unique_contacts only")
    parser.add_argument("--memory-limit", default="4GiB", help="of DuckDB")
    parser.add_argument(
        "--limited", action="store_true", help=f"also with DuckDB limited to {LITTLE_MEMORY}"
    )
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "prepare")
    options = parser.parse_args()
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    documents = [
        measure(
            options.folder,
            each,
            options.memory_limit,
            with_plan=not options.without_plan,
            limited=options.limited,
        )
        for each in (GROWTH if options.growth else [rows])
    ]
    if options.json:
        sys.stdout.write(json.dumps(documents if options.growth else documents[0]) + "\n")
    else:
        for figures in documents:
            show(figures)


def show(figures: Figures) -> None:
    """A line a figure."""
    for name, figure in figures.items():
        sys.stdout.write(f"{name:28} {figure:>14,.2f}\n")


def measure(
    folder: Path, rows: int, memory_limit: str, *, with_plan: bool, limited: bool
) -> Figures:
    """The figures of ``rows`` rows: the pipeline's, and the per-row program's on the first."""
    contacts, locations = write_contacts(folder, rows)
    piped = partial(run, folder, contacts, locations, with_plan=with_plan)
    figures = {"rows": rows} | apart(piped, memory_limit)
    base_rows = min(rows, BASELINE_ROWS)
    base = apart(run_baseline, contacts, locations, base_rows)
    figures |= {
        "rows_per_second": rows / figures["seconds"],
        "rows_per_cpu_second": rows / figures["cpu_seconds"],
        "baseline_rows": base_rows,
        "baseline_rows_per_second": base_rows / base["seconds"],
        "ratio": (rows / figures["seconds"]) / (base_rows / base["seconds"]),
        "ratio_by_cpu": (rows / figures["cpu_seconds"]) / (base_rows / base["cpu_seconds"]),
    }
    if limited:
        lean = apart(piped, LITTLE_MEMORY)
        figures |= {f"limited_{name}": figure for name, figure in lean.items()}
    return figures


def apart(work: Callable[..., Figures], *arguments: object) -> Figures:
    """What ``work`` measures in a process of its own, as peak memory is a process's."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(work, *arguments).result()


def run(
    folder: Path, contacts: Path, locations: Path, memory_limit: str, *, with_plan: bool
) -> Figures:
    """Seconds, and the most memory resident, of the pipeline from Parquet to Parquet."""
    os.environ["CONTACTS_MEMORY_LIMIT"] = memory_limit  # the plan's engine reads it too
    settings = Settings.model_validate(
        {
            "warehouse": {"url": "data/sample"},
            "contacts": {"table": "contacts", "key": "key", "location": "location", "fields": {}},
            "locations": [{"id": "loc000"}],
            "crm": {"base_url": "http://127.0.0.1:8484"},
        }
    )
    with tempfile.TemporaryDirectory(dir=folder) as made:
        stages = Path(made)
        valid, unique = stages / "valid.parquet", stages / "unique.parquet"
        scratch = stages / "scratch"
        clock, times = time.perf_counter(), [time.process_time()]
        write_valid_contacts(contacts, locations, valid, settings, scratch=scratch)
        times.append(time.process_time())
        write_unique_contacts(valid, locations, unique, settings, scratch=scratch)
        times.append(time.process_time())
        if with_plan:
            plan(Sources(valid, unique, stages / "plans", scratch), locations)
        times.append(time.process_time())
        seconds = time.perf_counter() - clock
    return {
        "seconds": seconds,
        "cpu_seconds": times[-1] - times[0],
        "cpu_seconds_valid": times[1] - times[0],
        "cpu_seconds_unique": times[2] - times[1],
        "cpu_seconds_plan": times[3] - times[2],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def run_baseline(contacts: Path, locations: Path, rows: int) -> Figures:
    """Seconds of the per-row program."""
    clock, cpu = time.perf_counter(), time.process_time()
    unify_by_rows(contacts, locations, rows)
    return {"seconds": time.perf_counter() - clock, "cpu_seconds": time.process_time() - cpu}


def plan(sources: Sources, locations: Path) -> None:
    """Plan every enabled location against an empty ledger, a few at a time."""
    rows = duckdb.sql(f"select location_id, match from '{locations}' where enabled").fetchall()
    wanted = [
        PlannedLocation(
            location_id=location_id,
            match=match,
            burst_limit=100,
            interval_ms=10_000,
            max_reject_share=1.0,
            max_create_share=1.0,
            max_shrink_share=1.0,
            daily_limit=200_000,
            daily_reserve=0,
            custom_fields={},
        )
        for location_id, match in rows
    ]
    ledger = Ledger(
        f"sqlite:///{sources.scratch / 'ledger.sqlite'}", "http://127.0.0.1:8484", "f" * 32
    )
    try:
        for start in range(0, len(wanted), LOCATIONS_A_PLAN):
            part = wanted[start : start + LOCATIONS_A_PLAN]
            plan_locations(part, sources, ledger, Policy(), run_id="bench", hash_key=bytes(32))
    finally:
        ledger.close()


if __name__ == "__main__":
    main()
