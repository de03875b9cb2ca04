"""How fast contacts are judged and unified, beside a straightforward program, in one run.

``uv run --group bench python benchmarks/prepare.py [--quick] [--json] [--rows N]``. Times are
from Parquet to Parquet; CPU seconds tell more than the clock on a shared machine.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from baseline import unify_by_rows
from contacts_data import write_contacts

from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import Settings

QUICK_ROWS, ROWS = 100_000, 10_000_000
BASELINE_ROWS = 20_000
PLAN: Callable[[Path, Path], None] | None = None
"""What turns ``unique_contacts`` and ``crm_locations`` into plans, once it counts here too."""


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 rows, within a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--memory-limit", default="4GiB", help="of DuckDB")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "prepare")
    options = parser.parse_args()
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    figures = measure(options.folder, rows, options.memory_limit)
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, figure in figures.items():
            sys.stdout.write(f"{name:28} {figure:>14,.2f}\n")


def measure(folder: Path, rows: int, memory_limit: str) -> dict[str, float]:
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
    valid, unique, scratch = folder / "valid.parquet", folder / "unique.parquet", folder / "scratch"
    clock, cpu = time.perf_counter(), time.process_time()
    write_valid_contacts(
        contacts, locations, valid, settings, scratch=scratch, memory_limit=memory_limit
    )
    halfway = time.process_time()
    write_unique_contacts(
        valid, locations, unique, settings, scratch=scratch, memory_limit=memory_limit
    )
    if PLAN:
        PLAN(unique, locations)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    base_rows = min(rows, BASELINE_ROWS)
    clock, base_cpu = time.perf_counter(), time.process_time()
    unify_by_rows(contacts, locations, base_rows)
    base_seconds, base_cpu = time.perf_counter() - clock, time.process_time() - base_cpu
    return {
        "rows": rows,
        "seconds": seconds,
        "rows_per_second": rows / seconds,
        "cpu_seconds": cpu_seconds,
        "cpu_seconds_valid": halfway - cpu,
        "peak_mb": peak_mb,
        "baseline_rows": base_rows,
        "baseline_rows_per_second": base_rows / base_seconds,
        "ratio": (rows / seconds) / (base_rows / base_seconds),
        "ratio_by_cpu": (rows / cpu_seconds) / (base_rows / base_cpu),
    }


if __name__ == "__main__":
    main()
