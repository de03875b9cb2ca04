"""A warehouse of files as DuckDB sees it: a folder of Parquet and CSV, or a .duckdb file.

Every value of a CSV stays text: a leading zero is part of a postal code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

import duckdb

from contacts_pipeline.engine import engine
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Settings

_READERS = {
    ".parquet": "read_parquet('{path}')",
    ".csv": "read_csv('{path}', all_varchar = true, header = true)",
}


@contextmanager
def open_warehouse(settings: Settings, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection on which every table of the warehouse is a relation of its name."""
    path, url = settings.warehouse_path, settings.warehouse.url
    if path is None:
        raise WarehouseError(
            f"warehouse.url: {url.split(':', 1)[0]} can't be read by this version; it reads a "
            "folder of .parquet and .csv files or a .duckdb file"
        )
    if not path.exists():
        raise WarehouseError(
            f"warehouse.url: {url} does not exist; relative paths start beside contacts.yaml"
        )
    with engine(scratch) as con:
        try:
            if path.is_dir():
                _view_files(con, path, url)
            else:
                con.execute(f"attach '{_escaped(path)}' as warehouse (read_only)")
                con.execute("use warehouse")
        except duckdb.Error as error:
            raise WarehouseError(f"warehouse.url: {url}: {first_line(error)}") from None
        yield con


def columns_of(con: duckdb.DuckDBPyConnection, source: str, what: str) -> dict[str, str]:
    """Column to type of the relation that ``source``, a FROM item, gives."""
    try:
        rows = con.execute(f"describe select * from {source}").fetchall()
    except duckdb.Error as error:
        raise WarehouseError(f"{what}: {first_line(error)}") from None
    return {name: kind for name, kind, *_ in rows}


def table_source(con: duckdb.DuckDBPyConnection, table: str, what: str) -> str:
    """The FROM item of ``table``, which the settings name at ``what``."""
    tables = {
        row[0] for row in con.execute("select table_name from information_schema.tables").fetchall()
    }
    if table not in tables:
        raise WarehouseError(f"{what}: there is no table '{table}'{suggestion(table, tables)}")
    return quoted(table)


def suggestion(name: str, known: set[str]) -> str:
    """The nearest known name, else the known ones, as the end of an error."""
    near = get_close_matches(name, sorted(known), n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; there is {', '.join(sorted(known)) or 'none'}"


def quoted(name: str) -> str:
    """``name`` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def first_line(error: Exception) -> str:
    """What the engine says, without its picture of the query."""
    return str(error).strip().splitlines()[0]


def _view_files(con: duckdb.DuckDBPyConnection, folder: Path, url: str) -> None:
    files = sorted(path for path in folder.iterdir() if path.suffix in _READERS)
    if not files:
        raise WarehouseError(f"warehouse.url: {url} holds no .parquet or .csv file")
    stems = [path.stem for path in files]
    for path in files:
        if stems.count(path.stem) > 1:
            raise WarehouseError(
                f"warehouse.url: {url} holds the table '{path.stem}' twice, as .csv and as "
                ".parquet; remove one"
            )
        reader = _READERS[path.suffix].format(path=_escaped(path))
        con.execute(f"create view {quoted(path.stem)} as from {reader}")


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
