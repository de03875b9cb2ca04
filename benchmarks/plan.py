"""How fast contacts are decided: all new, all just sent, none changed, one in a hundred changed.

``uv run --group bench python benchmarks/plan.py [--quick] [--json] [--rows N]``. Beside it pandas
compares the same contacts with what was sent, a location at a time: no rule, no body, no plan. Each
is a process of its own; on a shared machine CPU seconds tell more than the clock.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import pandas as pd
from contacts_data import write_contacts

from contacts_pipeline.ledger import Ledger, restore_contacts
from contacts_pipeline.plan import (
    CustomField,
    PlannedLocation,
    Sources,
    hashes_after,
    newest_plan,
    plan_locations,
    read_rows,
)
from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import Policy, Settings
from contacts_pipeline.snapshots import MADE_FROM, made_from

QUICK_ROWS, ROWS = 100_000, 1_270_000
"""Rows of the source; about a fifth repeat a person: 1.27 million are a million contacts."""

LOCATIONS_A_PLAN = 50
"""Planned in one pass, as a run covers up to 50 partitions."""

CRM, KEY = "http://127.0.0.1:8484", bytes(32)
CATALOGUE = {"loyalty_tier": CustomField("tier"), "visits": CustomField("visits")}
FIELDS = ("first_name", "last_name", "email", "phone", "address1", "city", "postal_code", "country")

Figures = dict[str, float]


def main() -> None:
    """Prepare, measure each way in a process of its own, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100,000 rows")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        sys.stdout.write(json.dumps(measured(WAYS[options.way], options.folder)) + "\n")
        return
    rows = options.rows or (QUICK_ROWS if options.quick else ROWS)
    with tempfile.TemporaryDirectory() as made:
        figures = measure(Path(made), rows)
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, figure in figures.items():
            sys.stdout.write(f"{name:28} {figure:>14,.2f}\n")


def measure(folder: Path, rows: int) -> Figures:
    """The figures of every way, one after the other; the ledger is what the first plan sends."""
    write_contacts(folder, rows)
    apart("prepare", folder)
    found: dict[str, Figures] = {"new": apart("plan", folder)}
    apart("acknowledge", folder)
    found["sent"] = apart("plan", folder)
    found["unchanged"] = apart("plan", folder)
    found["pandas"] = apart("pandas", folder)
    apart("change", folder)
    found["changed"] = apart("plan", folder)
    figures = {f"{way}_{name}": one for way, of in found.items() for name, one in of.items()}
    compared, beside = found["sent"], found["pandas"]
    return figures | {"ratio_by_cpu": beside["cpu_seconds"] / compared["cpu_seconds"]}


def apart(way: str, folder: Path) -> Figures:
    """The figures of one way from a process of its own, as peak memory is a process's."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: Figures = json.loads(answer.stdout)
    return figures


def measured(way: Callable[[Path], Figures], folder: Path) -> Figures:
    """What ``way`` counts, and what it took."""
    clock, cpu = time.perf_counter(), time.process_time()
    counted = way(folder)
    return counted | {
        "seconds": time.perf_counter() - clock,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def plan(folder: Path) -> Figures:
    """Plan every enabled location, as many at a time as a run does."""
    sources = Sources(
        folder / "valid.parquet", folder / "unique.parquet", folder / "plans", folder / "scratch"
    )
    wanted = locations(folder)
    counted = {"create": 0.0, "update": 0.0, "unchanged": 0.0, "held": 0.0}
    ledger = open_ledger(folder)
    try:
        for start in range(0, len(wanted), LOCATIONS_A_PLAN):
            part = wanted[start : start + LOCATIONS_A_PLAN]
            headers = plan_locations(part, sources, ledger, Policy(), run_id="bench", hash_key=KEY)
            for header in headers.values():
                for name in counted:
                    counted[name] += getattr(header.counts, name)
    finally:
        ledger.close()
    return counted


def compare_with_pandas(folder: Path) -> Figures:
    """What most people would write: join the contacts with what was sent, and compare."""
    changed = unchanged = 0
    for location in locations(folder):
        here = [("location_id", "==", location.location_id)]
        columns = ["identity", *FIELDS]
        now = pd.read_parquet(folder / "unique.parquet", columns=columns, filters=here)
        sent = pd.read_parquet(folder / "sent.parquet", columns=columns, filters=here)
        both = now.merge(sent, on="identity", how="left", suffixes=("", "_sent"))
        same = pd.Series(data=True, index=both.index)
        for field in FIELDS:
            one, other = both[field], both[f"{field}_sent"]
            same &= (one == other) | (one.isna() & other.isna())
        unchanged += int(same.sum())
        changed += int((~same).sum())
    return {"update": changed, "unchanged": unchanged}


def prepare(folder: Path) -> Figures:
    """The contacts to be planned, and a copy of them as what was sent."""
    (contacts,) = folder.glob("contacts_*.parquet")
    places = folder / "locations.parquet"
    settings = Settings.model_validate(
        {
            "warehouse": {"url": "data/sample"},
            "contacts": {"table": "contacts", "key": "key", "location": "location", "fields": {}},
            "locations": [{"id": "loc000"}],
            "crm": {"base_url": CRM},
        }
    )
    valid, unique = folder / "valid.parquet", folder / "unique.parquet"
    write_valid_contacts(contacts, places, valid, settings, scratch=folder / "scratch")
    write_unique_contacts(valid, places, unique, settings, scratch=folder / "scratch")
    (folder / "sent.parquet").write_bytes(unique.read_bytes())
    return {}


def acknowledge(folder: Path) -> Figures:
    """Write into the ledger what the CRM would acknowledge of the plans."""
    ledger = open_ledger(folder)
    for location in locations(folder):
        path = newest_plan(folder / "plans", CRM, location.location_id)
        if path is None:
            raise LookupError(location.location_id)
        contacts = [
            {
                "contact_id": f"c{row['identity']:>019}",
                "source_keys": json.dumps(row["source_keys"]),
                "email_hash": row["email_hash"],
                "phone_hash": row["phone_hash"],
                "hashes": json.dumps(hashes_after(row, KEY)),
                "row_hash": row["row_hash"],
            }
            for row in read_rows(path, "create")
        ]
        known_at = datetime.fromisoformat("2026-01-01T00:00:00")
        restore_contacts(
            ledger, location.location_id, "before", contacts, known_at=known_at, changes=0
        )
    ledger.close()
    return {}


def change(folder: Path) -> Figures:
    """Another city for one contact in a hundred."""
    unique, changed = folder / "unique.parquet", folder / "changed.parquet"
    duckdb.execute(
        f"copy (select * replace (if(hash(identity) % 100 = 0, 'Elsewhere', city) as city) "
        f"from '{unique}') to '{changed}' "
        f"(format parquet, kv_metadata {{{MADE_FROM}: '{made_from(unique)}'}})"
    )
    changed.replace(unique)
    return {}


def locations(folder: Path) -> list[PlannedLocation]:
    """The enabled locations of the generated registry."""
    query = f"select location_id, match from '{folder / 'locations.parquet'}' where enabled"
    return [
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
            custom_fields=CATALOGUE,
        )
        for location_id, match in duckdb.sql(f"{query} order by location_id").fetchall()
    ]


def open_ledger(folder: Path) -> Ledger:
    """The SQLite ledger of this benchmark."""
    return Ledger(f"sqlite:///{folder / 'ledger.sqlite'}", CRM, "f" * 32)


WAYS: dict[str, Callable[[Path], Figures]] = {
    "prepare": prepare,
    "plan": plan,
    "acknowledge": acknowledge,
    "pandas": compare_with_pandas,
    "change": change,
}
"""Each in a process of its own, so that none counts into the memory or the CPU of another."""

if __name__ == "__main__":
    main()
