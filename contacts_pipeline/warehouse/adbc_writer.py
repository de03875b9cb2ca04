"""Writing behind an ADBC driver: rows go in bulk, as Arrow, within one transaction.

BigQuery has no transactions here: a write that is cut short is mended by its repetition.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pyarrow as pa

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.adbc import driver
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.bigquery import BigQueryDialect, connection_options
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.postgres import PostgresDialect
from contacts_pipeline.warehouse.postgres_uri import connection_uri
from contacts_pipeline.warehouse.snowflake import SnowflakeDialect
from contacts_pipeline.warehouse.statements import Replacement, Statements
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, ungranted, unwritten


def open_postgres(
    url: str, schema: str, timeout_seconds: float
) -> AbstractContextManager["AdbcWriter"]:
    """A writer to the PostgreSQL at ``url``."""
    dbapi, uri = driver("adbc_driver_postgresql.dbapi", "postgres"), connection_uri(url)
    return _writer(lambda: dbapi.connect(uri), PostgresDialect(timeout_seconds), shown(url), schema)


def open_snowflake(
    url: str, schema: str, timeout_seconds: float
) -> AbstractContextManager["AdbcWriter"]:
    """A writer to the Snowflake at ``url``."""
    dbapi, uri = driver("adbc_driver_snowflake.dbapi", "snowflake"), url.split("://", 1)[1]
    dialect = SnowflakeDialect(timeout_seconds)
    return _writer(lambda: dbapi.connect(uri), dialect, shown(url), schema)


def open_bigquery(url: str, schema: str) -> AbstractContextManager["AdbcWriter"]:
    """A writer to the BigQuery at ``url``; ``schema`` is a dataset."""
    dbapi, options = driver("adbc_driver_bigquery.dbapi", "bigquery"), connection_options(url)
    return _writer(
        lambda: dbapi.connect(options, autocommit=True), BigQueryDialect(), shown(url), schema
    )


@contextmanager
def _writer(
    connect: Callable[[], Any], dialect: Dialect, place: str, schema: str
) -> Iterator["AdbcWriter"]:
    try:
        connection = connect()
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        raise unwritten(place, dialect.trouble(error)) from None
    try:
        yield AdbcWriter(connection, dialect, place, schema)
    finally:
        with suppress(Exception):
            connection.close()


class AdbcWriter:
    """The tables of one schema."""

    def __init__(self, connection: Any, dialect: Dialect, place: str, schema: str) -> None:
        self.place = place
        self._connection = connection
        self._statements = Statements(dialect, schema)
        self._there: set[str] = set()
        with self._transaction():
            self._execute(*dialect.writing_session)

    def replace(self, replacements: Sequence[Replacement], whose: Mapping[str, str]) -> None:
        """All in one transaction, but for tables that have to be made."""
        for one in replacements:
            if one.table not in self._there and not self._is_there(one.table):
                self._make(one.table, one.rows.schema)
            self._there.add(one.table)
        with self._transaction():
            self._execute(*self._statements.wait_for_turn(whose))
            for one in replacements:
                self._delete(one.table, one.where)
                if one.rows.num_rows:
                    self._append(one)

    def largest(self, table: str, column: str, where: Mapping[str, str]) -> int | None:
        """None, too, where there is no such table yet."""
        if not self._is_there(table):
            return None
        with self._transaction(), self._connection.cursor() as cursor:
            cursor.execute(self._statements.largest(table, column, where))
            (value,) = cursor.fetchone()
        return None if value is None else int(value)

    def rehearse(self, tables: Mapping[str, pa.Schema]) -> Sequence[str]:
        """A delete of nothing in every table that is there; where a table can be unmade, all."""
        missing = sorted(table for table in tables if not self._is_there(table))
        with self._transaction(keep=False):
            for table in tables.keys() - set(missing):
                self._delete(table, {"run_id": ""})
                self._append(Replacement(table, tables[table].empty_table(), {}))
        if missing and self._statements.dialect.unmakes_tables:
            with self._transaction(keep=False):
                self._create(missing[0], tables[missing[0]])
        return missing

    def _is_there(self, table: str) -> bool:
        try:
            self._execute(self._statements.look(table))
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            self._roll_back()
            trouble = self._statements.dialect.trouble(error)
            if trouble.kind is not TroubleKind.NO_TABLE:
                raise self._unwritten(trouble, "select", self._statements.table(table)) from None
            return False
        return True

    def _make(self, table: str, columns: pa.Schema) -> None:
        with self._transaction():
            self._create(table, columns)

    def _create(self, table: str, columns: pa.Schema) -> None:
        create = self._statements.create_table(table, columns)
        schema = self._statements.schema
        try:
            with self._needing("create", f"schema {schema}"):
                self._execute(create)
        except Exception as error:
            if self._statements.dialect.trouble(error).kind is not TroubleKind.NO_TABLE:
                raise
            self._roll_back()
            with self._needing("create", "the database"):
                self._execute(self._statements.create_schema(), create)

    def _delete(self, table: str, where: Mapping[str, str]) -> None:
        with self._needing("delete", self._statements.table(table)):
            self._execute(self._statements.delete(table, where))

    def _append(self, one: Replacement) -> None:
        folded = self._statements.folded
        rows = one.rows.rename_columns([folded(name) for name in one.rows.column_names])
        schema = folded(self._statements.schema)
        with (
            self._needing("insert", self._statements.table(one.table)),
            self._connection.cursor() as cursor,
        ):
            cursor.adbc_ingest(folded(one.table), rows, mode="append", db_schema_name=schema)

    def _execute(self, *statements: str) -> None:
        for statement in statements:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)

    @contextmanager
    def _transaction(self, *, keep: bool = True) -> Iterator[None]:
        try:
            yield
            if not keep:
                self._roll_back()
            elif not self._connection._autocommit:  # noqa: SLF001 - has no public name
                self._connection.commit()
        except WarehouseError:
            self._roll_back()
            raise
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            self._roll_back()
            raise unwritten(self.place, self._statements.dialect.trouble(error)) from None

    @contextmanager
    def _needing(self, right: str, thing: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            trouble = self._statements.dialect.trouble(error)
            if trouble.kind is not TroubleKind.DENIED:
                raise
            raise self._unwritten(trouble, right, thing) from None

    def _unwritten(self, trouble: Trouble, right: str, thing: str) -> WarehouseError:
        if trouble.kind is not TroubleKind.DENIED:
            return unwritten(self.place, trouble)
        if "for schema" in trouble.told and right != "create":
            right, thing = "usage", f"schema {self._statements.schema}"
        return ungranted(self.place, right, thing)

    def _roll_back(self) -> None:
        with suppress(Exception):
            self._connection.rollback()
