"""A table of many rows: memory that doesn't grow with it, and a reader that is killed halfway."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contacts_pipeline.warehouse.snapshot import write_contacts
from tests.warehouse.warehouses import PostgresWarehouse

ROOT = Path(__file__).parents[2]
ROWS = """
insert into customers select 'k' || n, 'acme', timestamptz '2026-01-01 00:00Z' + n * interval
'1 second', 'ann.' || n || '@example.com', 'a street of some length ' || n
from generate_series({first}, {last}) n
"""
SENDING = """
select count(*) from pg_stat_activity
where application_name = 'contacts-pipeline' and state = 'active' and query ilike 'copy%'
"""


def reading(warehouse: PostgresWarehouse) -> "subprocess.Popen[str]":
    given = {
        "url": warehouse.url,
        "folder": str(warehouse.folder),
        "contacts": warehouse.contacts,
    }
    command = [sys.executable, "-m", "tests.warehouse.reading", json.dumps(given)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def read(warehouse: PostgresWarehouse) -> dict[str, Any]:
    with reading(warehouse) as process:
        told, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(told)
    return found


def keys(warehouse: PostgresWarehouse) -> tuple[int, int]:
    """How many rows the snapshot holds, and how many different keys."""
    query = "select count(*), count(distinct source_key) from read_parquet(?)"
    row = duckdb.execute(query, [str(warehouse.snapshot)]).fetchone()
    assert row
    return row[0], row[1]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_million_rows_take_no_more_memory_than_a_tenth_of_them(
    warehouse: PostgresWarehouse,
) -> None:
    warehouse.sql(ROWS.format(first=1, last=100_000))
    few = read(warehouse)
    assert few["rows"] == 100_000
    warehouse.snapshot.unlink()
    warehouse.sql(ROWS.format(first=100_001, last=1_000_000))
    many = read(warehouse)
    assert many["rows"] == 1_000_000
    assert keys(warehouse) == (1_000_000, 1_000_000)
    assert many["peak"] < few["peak"] * 1.25, (few, many)


def test_rows_of_long_texts_are_written_few_at_a_time(tmp_path: Path) -> None:
    long = pa.record_batch({"source_key": ["1"], "city": ["x" * (40 << 20)]})
    path = tmp_path / "contacts.parquet"
    assert write_contacts([long] * 3, [], path) == 3
    assert pq.read_metadata(path).num_row_groups == 2


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_reader_that_is_killed_halfway_loses_nothing(warehouse: PostgresWarehouse) -> None:
    """At a random moment while the server sends, in a full read and in one of the changes."""
    seed = random.randrange(1_000)
    chance = random.Random(seed)
    warehouse.sql(ROWS.format(first=1, last=200_000))
    kill_halfway(warehouse, chance)
    assert not warehouse.snapshot.exists(), f"seed {seed}"
    assert warehouse.extract().read == "full"
    assert keys(warehouse) == (200_000, 200_000), f"seed {seed}"
    before = warehouse.snapshot.read_bytes()
    warehouse.sql(ROWS.format(first=200_001, last=400_000))
    kill_halfway(warehouse, chance)
    assert warehouse.snapshot.read_bytes() == before, f"seed {seed}"
    assert warehouse.extract().read == "changes"
    assert keys(warehouse) == (400_000, 400_000), f"seed {seed}"
    left = {path.name for path in warehouse.folder.iterdir()}
    assert left == {warehouse.snapshot.name, "scratch"}, f"seed {seed}"


def kill_halfway(warehouse: PostgresWarehouse, chance: random.Random) -> None:
    """Stop the reader a while after its COPY began; kill it if the server still wants to send."""
    for _ in range(50):
        with reading(warehouse) as process:
            while warehouse.sql(SENDING) == [(0,)]:
                assert process.poll() is None, "it was never seen sending"
            time.sleep(chance.uniform(0, 0.1))
            before = warehouse.snapshot.read_bytes() if warehouse.snapshot.exists() else None
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.1)
            halfway = warehouse.sql(f"{SENDING} and wait_event = 'ClientWrite'") != [(0,)]
            process.kill()
        if halfway:
            return
        if before is None:
            warehouse.snapshot.unlink(missing_ok=True)
        else:
            warehouse.snapshot.write_bytes(before)
    pytest.fail("it was never killed halfway")
