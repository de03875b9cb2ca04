"""One way of bringing a PostgreSQL table to a Parquet file, in a process of its own.

``python benchmarks/extract_reader.py WAY URL TABLE FILE``: prints one JSON document with the
rows, the seconds and CPU seconds of the read (imports left out) and the process's peak memory.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "address1": "address",
    "city": "city",
    "postalCode": "postcode",
    "country": "country",
    "companyName": "company",
}
COLUMNS = ("id", "location", "updated_at", *FIELDS.values())
BATCH_ROWS = 65_536
"""As the pipeline's own batches."""

Read = Callable[[], int]


def main() -> None:
    """Prepare, read, print."""
    way, url, table, file = sys.argv[1:]
    read = {"pipeline": pipeline, "pandas": pandas, "psycopg_copy": psycopg_copy}[way](
        url, table, Path(file)
    )
    clock, cpu = time.perf_counter(), time.process_time()
    rows = read()
    figures = {
        "rows": rows,
        "seconds": time.perf_counter() - clock,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def pipeline(url: str, table: str, file: Path) -> Read:
    """The project's own step, as ``warehouse_contacts`` runs it."""
    import adbc_driver_postgresql.dbapi  # noqa: F401 - imported as those of the others

    from contacts_pipeline.settings import Settings
    from contacts_pipeline.warehouse import extract_contacts

    settings = Settings.model_validate(
        {
            "warehouse": {"url": url},
            "contacts": {
                "table": table,
                "key": "id",
                "location": "location",
                "updated_at": "updated_at",
                "fields": FIELDS,
            },
            "locations": [{"id": "acme"}],
            "crm": {"base_url": "http://127.0.0.1:8484"},
        }
    )
    return lambda: extract_contacts(settings, file, file.parent / "scratch").rows


def pandas(url: str, table: str, file: Path) -> Read:
    """The whole table as a frame, written as Parquet."""
    import pandas as pd
    from sqlalchemy import create_engine

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://", 1))

    def read() -> int:
        frame = pd.read_sql(f"select {', '.join(COLUMNS)} from {table}", engine)
        frame.to_parquet(file, compression="zstd")
        return len(frame)

    return read


def psycopg_copy(url: str, table: str, file: Path) -> Read:
    """COPY, the driver's fastest way, written as Parquet in batches of text."""
    import psycopg
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    statement = f"copy (select {', '.join(COLUMNS)} from {table}) to stdout"

    def read() -> int:
        total = 0
        with (
            psycopg.connect(url) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
            pq.ParquetWriter(file, schema, compression="zstd") as writer,
        ):
            waiting: list[tuple[str | None, ...]] = []

            def write() -> None:
                columns = [pa.array(column, pa.string()) for column in zip(*waiting, strict=True)]
                writer.write_table(pa.table(columns, schema=schema))
                waiting.clear()

            for row in copy.rows():
                waiting.append(row)
                total += 1
                if len(waiting) == BATCH_ROWS:
                    write()
            if waiting:
                write()
        return total

    return read


def peak_mb() -> float:
    """Of this process alone: ``ru_maxrss`` begins at what the parent held when it started it."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise LookupError("/proc/self/status has no VmHWM: this benchmark needs Linux")


if __name__ == "__main__":
    main()
