"""How fast contacts are judged, unified and planned, beside a straightforward program, in one run.

``uv run --group bench python benchmarks/prepare.py [--quick] [--json] [--rows N] [--growth]``.
Times are from Parquet to Parquet, the plan's with an empty ledger; on a shared machine CPU
seconds tell more than the clock.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
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
LOCATIONS_A_PLAN = 50
"""Planned in one pass, as a run covers up to 50 partitions."""

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
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "prepare")
    options = parser.parse_args()
    if options.growth:
        document: object = [measure_apart(rows) for rows in GROWTH]
    else:
        rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
        document = measure(
            options.folder, rows, options.memory_limit, with_plan=not options.without_plan
        )
    if options.json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        for figures in document if isinstance(document, list) else [document]:
            show(figures)


def measure_apart(rows: int) -> Figures:
    """The figures of ``rows`` rows from a process of its own, as peak memory is a process's."""
    words = [word for word in sys.argv if word not in {"--growth", "--json", "--quick"}]
    command = [sys.executable, *words, "--json", "--rows", str(rows)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    figures: Figures = json.loads(answer.stdout)
    return figures


def show(figures: Figures) -> None:
    """A line a figure."""
    for name, figure in figures.items():
        sys.stdout.write(f"{name:28} {figure:>14,.2f}\n")


def measure(folder: Path, rows: int, memory_limit: str, *, with_plan: bool) -> Figures:
    """The figures of one run, the pipeline first: peak memory is the process's."""
    contacts, locations = write_contacts(folder, rows)
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
        write_valid_contacts(
            contacts, locations, valid, settings, scratch=scratch, memory_limit=memory_limit
        )
        times.append(time.process_time())
        write_unique_contacts(
            valid, locations, unique, settings, scratch=scratch, memory_limit=memory_limit
        )
        times.append(time.process_time())
        if with_plan:
            plan(Sources(valid, unique, stages / "plans", scratch), locations)
        times.append(time.process_time())
        seconds = time.perf_counter() - clock
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    base_rows = min(rows, BASELINE_ROWS)
    clock, base_cpu = time.perf_counter(), time.process_time()
    unify_by_rows(contacts, locations, base_rows)
    base_seconds, base_cpu = time.perf_counter() - clock, time.process_time() - base_cpu
    cpu_seconds = times[-1] - times[0]
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": rows / seconds,
        "cpu_seconds": cpu_seconds,
        "cpu_seconds_valid": times[1] - times[0],
        "cpu_seconds_unique": times[2] - times[1],
        "cpu_seconds_plan": times[3] - times[2],
        "rows_per_cpu_second": rows / cpu_seconds,
        "peak_mb": peak_mb,
        "baseline_rows": base_rows,
        "baseline_rows_per_second": base_rows / base_seconds,
        "ratio": (rows / seconds) / (base_rows / base_seconds),
        "ratio_by_cpu": (rows / cpu_seconds) / (base_rows / base_cpu),
    }


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
