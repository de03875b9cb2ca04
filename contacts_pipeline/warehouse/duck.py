"""DuckDB: a folder of Parquet and CSV files here or in a store, a .duckdb file, MotherDuck."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import engine
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.dialect import Column, Dialect
from contacts_pipeline.warehouse.files import HEAD_BYTES, csv_trouble, view_files
from contacts_pipeline.warehouse.reader import BATCH_ROWS, QueryRefusedError
from contacts_pipeline.warehouse.time_limit import time_limit
from contacts_pipeline.warehouse.trouble import (
    TIME_IS_UP,
    Trouble,
    TroubleKind,
    first_line,
    unread,
    unreadable,
)
from contacts_pipeline.warehouse.typed import number_as_text


class DuckDialect(Dialect):
    """DuckDB, whose names differ in more than case."""

    name = "duckdb"
    moments = frozenset({"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_NS", "DATE"})

    def text(self, expression: str, kind: str) -> str:
        """What has parts as JSON."""
        if kind in {"DOUBLE", "FLOAT"}:
            return number_as_text(f"({expression})")
        nested = kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION"))
        return f"cast({f'to_json({expression})' if nested else expression} as varchar)"

    def changed_since(self, column: str, moment: datetime) -> str:
        """Also where the time is before all times."""
        at = f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}'"
        return f"({column} >= {at} or {column} = '-infinity' or {column} is null)"

    def trouble(self, error: Exception) -> Trouble:
        """A conversion's message names the value, so it is not shown."""
        if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
            return Trouble(TroubleKind.VALUE, type(error).__name__)
        return csv_trouble(error) or Trouble(TroubleKind.OTHER, first_line(error))


class DuckReader:
    """Relations of one DuckDB connection."""

    dialect: Dialect = DuckDialect()

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        place: str,
        timeout_seconds: float,
        *,
        reads_changes: bool = False,
    ) -> None:
        self.place = place
        self._timeout_seconds = timeout_seconds
        self.reads_changes = reads_changes
        self._con = con

    def describe(self, query: str) -> list[Column]:
        """The columns of ``query``."""
        try:
            rows = self._con.execute(f"describe {query}").fetchall()
        except duckdb.Error as error:
            raise QueryRefusedError(first_line(error)) from None
        return [Column(name, kind) for name, kind, *_ in rows]

    def tables(self) -> Sequence[str]:
        """Every table and view."""
        found = self._con.execute("select table_name from information_schema.tables").fetchall()
        return [name for (name,) in found]

    @contextmanager
    def stream(self, query: str) -> Iterator[pa.RecordBatchReader]:
        """The rows of ``query``, as they come."""
        with time_limit(self._timeout_seconds, self._con.interrupt) as limit:

            def told(error: Exception) -> WarehouseError:
                return unread(
                    self.place, TIME_IS_UP if limit.is_up else self.dialect.trouble(error)
                )

            try:
                batches = self._con.sql(query).to_arrow_reader(BATCH_ROWS)
            except duckdb.Error as error:
                raise told(error) from None
            yield limit.kept_by(batches, told)


@contextmanager
def open_files(path: Path, url: str, timeout_seconds: float, scratch: Path) -> Iterator[DuckReader]:
    """A folder of files, a table each, or a .duckdb file."""
    if not path.exists():
        raise WarehouseError(
            f"warehouse.url: {url} does not exist; relative paths start beside contacts.yaml"
        )
    with engine(scratch) as con:
        try:
            if path.is_dir():
                view_files(con, url, [str(file) for file in path.iterdir()], _head)
            else:
                con.execute(f"attach '{_escaped(path)}' as warehouse (read_only)")
                con.execute("use warehouse")
        except duckdb.Error as error:
            raise WarehouseError(f"warehouse.url: {url}: {first_line(error)}") from None
        yield DuckReader(con, url, timeout_seconds)


@contextmanager
def open_motherduck(url: str, timeout_seconds: float) -> Iterator[DuckReader]:
    """A MotherDuck database; DuckDB fetches its extension the first time."""
    try:
        con = duckdb.connect(url)
    except duckdb.Error as error:
        trouble = Trouble(TroubleKind.OTHER, first_line(error).replace(url, shown(url)))
        raise unreadable(shown(url), trouble) from None
    try:
        con.execute("set timezone = 'UTC'")
        yield DuckReader(con, shown(url), timeout_seconds, reads_changes=True)
    finally:
        con.close()


def _head(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(HEAD_BYTES)


def _escaped(path: Path) -> str:
    return str(path).replace("'", "''")
