"""Writing to a .duckdb file or to MotherDuck, in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.duck import DuckDialect
from contacts_pipeline.warehouse.statements import Replacement, Statements
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line, unwritten


@contextmanager
def open_duck(url: str, place: str, schema: str) -> Iterator["DuckWriter"]:
    """A writer to the database at ``url``; nobody else may have a file of it open."""
    try:
        con = duckdb.connect(url)
    except duckdb.Error as error:
        told = first_line(error).replace(url, shown(url))
        kind = TroubleKind.LOCKED if "lock" in told else TroubleKind.OTHER
        raise unwritten(place, Trouble(kind, told)) from None
    try:
        con.execute("set timezone = 'UTC'")
        yield DuckWriter(con, place, schema)
    finally:
        con.close()


class DuckWriter:
    """The tables of one schema."""

    def __init__(self, con: duckdb.DuckDBPyConnection, place: str, schema: str) -> None:
        self.place = place
        self._con = con
        self._schema = schema
        self._statements = Statements(DuckDialect(), schema)

    def replace(self, replacements: Sequence[Replacement], whose: Mapping[str, str]) -> None:
        """All in one transaction; a file has one writer at a time anyway."""
        del whose
        with self._transaction():
            self._make({one.table: one.rows.schema for one in replacements})
            for one in replacements:
                self._con.execute(self._statements.delete(one.table, one.where))
                self._con.register("incoming_rows", one.rows)
                table = self._statements.table(one.table)
                self._con.execute(f"insert into {table} by name from incoming_rows")
                self._con.unregister("incoming_rows")

    def largest(self, table: str, column: str, where: Mapping[str, str]) -> int | None:
        """None, too, where there is no such table yet."""
        with self._transaction(keep=False):
            if table in self._tables():
                row = self._con.execute(self._statements.largest(table, column, where)).fetchone()
                return row[0] if row else None
        return None

    def rehearse(self, tables: Mapping[str, pa.Schema]) -> Sequence[str]:
        """All of it, rolled back."""
        missing = sorted(tables.keys() - self._tables())
        with self._transaction(keep=False):
            self._make(tables)
        return missing

    def _tables(self) -> set[str]:
        query = "select table_name from information_schema.tables where table_schema = ?"
        return {name for (name,) in self._con.execute(query, [self._schema]).fetchall()}

    def _make(self, tables: Mapping[str, pa.Schema]) -> None:
        create_schema = self._statements.create_schema()
        self._con.execute(create_schema.replace("create schema", "create schema if not exists"))
        for table in tables.keys() - self._tables():
            self._con.execute(self._statements.create_table(table, tables[table]))

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[None]:
        self._con.begin()
        try:
            yield
            if keep:
                self._con.commit()
            else:
                self._con.rollback()
        except duckdb.Error as error:
            self._con.rollback()
            raise unwritten(self.place, _trouble(error)) from None


def _trouble(error: duckdb.Error) -> Trouble:
    """Without DuckDB's own words, which may hold a value."""
    kind = TroubleKind.NO_COLUMN if isinstance(error, duckdb.BinderException) else TroubleKind.OTHER
    return Trouble(kind, type(error).__name__)
