"""DuckDB as the engine: in memory, spilling beside the data, never the store.

A relation is a ``.sql`` file that holds one plain SELECT over named relations. It becomes
a view (computed where it is used) or a table (computed once).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Literal

import duckdb

from contacts_pipeline.snapshots import private_folder, replacing


@contextmanager
def engine(scratch: Path, memory_limit: str | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection for one piece of work.

    Args:
        scratch: Folder to spill to when the work is larger than memory.
        memory_limit: Such as ``"4GiB"``; DuckDB's own default is 80% of the machine.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(private_folder(scratch)),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if memory_limit:
        config["memory_limit"] = memory_limit
    con = duckdb.connect(":memory:", config=config)
    try:
        con.execute("set timezone = 'UTC'")
        yield con
    finally:
        con.close()


def relation_sql(package: str, name: str) -> str:
    """The text of the relation ``name`` in ``package``."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


def define(
    con: duckdb.DuckDBPyConnection,
    package: str,
    name: str,
    kind: Literal["view", "table"] = "view",
) -> None:
    """Make the relation ``name`` of ``package`` known to ``con`` under its name."""
    con.execute(f'create or replace temp {kind} "{name}" as {relation_sql(package, name)}')


def scan(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Make the Parquet file at ``path`` known to ``con`` as the view ``name``."""
    quoted = str(path).replace("'", "''")
    con.execute(f"create or replace temp view \"{name}\" as from read_parquet('{quoted}')")


def save(con: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write what ``query`` gives as the Parquet snapshot at ``path``."""
    with replacing(path) as part:
        quoted = str(part).replace("'", "''")
        con.execute(f"copy ({query}) to '{quoted}' (format parquet, compression zstd)")
