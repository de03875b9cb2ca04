"""A warehouse behind an ADBC driver: Arrow batches from the driver, no row objects between."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.dialect import Column, Dialect
from contacts_pipeline.warehouse.reader import QueryRefusedError
from contacts_pipeline.warehouse.time_limit import time_limit
from contacts_pipeline.warehouse.trouble import (
    NO_ANSWER,
    TIME_IS_UP,
    TroubleKind,
    unread,
    unreadable,
)

Connect = Callable[[], Any]
_DESCRIBED_SECONDS = 120
"""A driver may try for ever to reach a server; no row is read to describe a query."""
_REFUSALS = (TroubleKind.OTHER, TroubleKind.NO_TABLE, TroubleKind.NO_COLUMN)


def driver(module: str, extra: str) -> Any:
    """A driver's module, imported only when a URL asks for it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise WarehouseError(
            f"warehouse.url: the driver for it is not installed; type: "
            f"uv add 'contacts-pipeline[{extra}]' (in a checkout: uv sync --extra {extra})",
            kind="driver_missing",
        ) from None


@contextmanager
def adbc_reader(
    connect: Connect,
    dialect: Dialect,
    place: str,
    timeout_seconds: float,
    options: Mapping[str, str | int] | None = None,
) -> Iterator["AdbcReader"]:
    """A reader over the connection that ``connect`` opens; ``options`` are a statement's."""
    try:
        connection = connect()
    except Exception as error:  # noqa: BLE001 - a driver may raise anything
        raise unreadable(place, dialect.trouble(error)) from None
    try:
        yield AdbcReader(connection, dialect, place, timeout_seconds, options or {})
    finally:
        with suppress(Exception):
            connection.close()


class AdbcReader:
    """One read-only transaction; it opens anew after a query that was refused."""

    reads_changes = True

    def __init__(
        self,
        connection: Any,
        dialect: Dialect,
        place: str,
        timeout_seconds: float,
        options: Mapping[str, str | int],
    ) -> None:
        self.dialect = dialect
        self._options = options
        self._timeout_seconds = timeout_seconds
        self.place = place
        self._connection = connection
        self._begin()

    def describe(self, query: str) -> list[Column]:
        """The columns of ``query``; raises what keeps every query from being answered."""
        seconds = min(self._timeout_seconds, _DESCRIBED_SECONDS)
        with (
            self._connection.cursor() as cursor,
            time_limit(seconds, cursor.adbc_cancel) as limit,
        ):
            try:
                schema = self._schema(cursor, query)
            except Exception as error:  # noqa: BLE001 - a driver may raise anything
                trouble = self.dialect.trouble(error)
                if limit.is_up and trouble.kind is TroubleKind.OTHER:
                    trouble = TIME_IS_UP if seconds == self._timeout_seconds else NO_ANSWER
                if trouble.kind not in _REFUSALS:
                    raise unreadable(self.place, trouble) from None
                refused = QueryRefusedError(trouble.told)
            else:
                return [Column(field.name, _kind(field)) for field in schema]
        self._begin(again=True)
        raise refused

    def tables(self) -> list[str]:
        """Names of tables, as far as the driver tells them."""
        with suppress(Exception):
            objects = self._connection.adbc_get_objects(depth="tables").read_all().to_pylist()
            return [
                table["table_name"]
                for catalogue in objects
                for schema in catalogue["catalog_db_schemas"] or ()
                if schema["db_schema_name"] not in {"information_schema", "pg_catalog"}
                for table in schema["db_schema_tables"] or ()
                if str(table["table_type"]).lower() in {"table", "view", "base table"}
            ]
        return []

    @contextmanager
    def stream(self, query: str) -> Iterator[pa.RecordBatchReader]:
        """The rows of ``query``, as they come."""
        with (
            self._connection.cursor() as cursor,
            time_limit(self._timeout_seconds, cursor.adbc_cancel) as limit,
        ):

            def told(error: Exception) -> WarehouseError:
                return unread(
                    self.place, TIME_IS_UP if limit.is_up else self.dialect.trouble(error)
                )

            try:
                if self._options:
                    cursor.adbc_statement.set_options(**self._options)
                cursor.execute(query)
                batches = cursor.fetch_record_batch()
            except Exception as error:  # noqa: BLE001 - a driver may raise anything
                raise told(error) from None
            yield limit.kept_by(batches, told)

    def _schema(self, cursor: Any, query: str) -> pa.Schema:
        try:
            return cursor.adbc_execute_schema(query)
        except self._connection.NotSupportedError as error:
            if error.sqlstate:  # it is the server that does not support the query
                raise
            cursor.execute(f"select * from ({query}) as described where 1 = 0")
            return cursor.fetch_record_batch().schema

    def _begin(self, *, again: bool = False) -> None:
        try:
            if again and not self._connection._autocommit:  # noqa: SLF001 - has no public name
                self._connection.rollback()
            for statement in self.dialect.session:
                with self._connection.cursor() as cursor:
                    cursor.execute(statement)
        except Exception as error:  # noqa: BLE001 - a driver may raise anything
            raise unreadable(self.place, self.dialect.trouble(error)) from None


def _kind(field: pa.Field) -> str:
    own = (field.metadata or {}).get(b"POSTGRESQL:type")
    return own.decode() if own else str(field.type)
