"""PostgreSQL: one repeatable-read, read-only transaction, rows by COPY, text cast by the server.

The driver gives money as cents, ``infinity`` as a year and inet as bytes, so the server, which
knows its types, writes every value out.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from contacts_pipeline.warehouse.adbc import AdbcReader, adbc_reader, driver
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.postgres_uri import connection_uri
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line

LOCK_SECONDS = 60
_BATCHES = {"adbc.postgresql.batch_size_hint_bytes": "4194304"}
"""The driver's own are of 16 MiB, of which several are held at once."""
_STATE = re.compile(r"SQLSTATE:? (?P<state>\w{5})")
_BY_STATE = {
    "28P01": TroubleKind.LOGIN,
    "28000": TroubleKind.LOGIN,
    "3D000": TroubleKind.NO_DATABASE,
    "3F000": TroubleKind.NO_TABLE,
    "42P01": TroubleKind.NO_TABLE,
    "42703": TroubleKind.NO_COLUMN,
    "42501": TroubleKind.DENIED,
    "57014": TroubleKind.TIMEOUT,
    "55P03": TroubleKind.LOCKED,
}
_BY_WORDS = (
    ("read-only transaction", TroubleKind.WRITES),
    ("invalid input", TroubleKind.VALUE),
    ("out of range", TroubleKind.VALUE),
    ("division by zero", TroubleKind.VALUE),
    ("password authentication failed", TroubleKind.LOGIN),
    ("no password supplied", TroubleKind.LOGIN),
    ("no pg_hba.conf entry", TroubleKind.LOGIN),
    ('role "', TroubleKind.LOGIN),
    ('database "', TroubleKind.NO_DATABASE),
    ("does not support SSL", TroubleKind.UNENCRYPTED),
    ("does not match host name", TroubleKind.OTHER_NAME),
    ("certificate", TroubleKind.CERTIFICATE),
    ("lock timeout", TroubleKind.LOCKED),
    ("statement timeout", TroubleKind.TIMEOUT),
    ("permission denied", TroubleKind.DENIED),
    ("terminating connection", TroubleKind.DROPPED),
    ("closed the connection", TroubleKind.DROPPED),
    ("no connection to the server", TroubleKind.DROPPED),
    ("could not receive data", TroubleKind.DROPPED),
    ("connection to server", TroubleKind.UNREACHABLE),
    ("could not translate host name", TroubleKind.UNREACHABLE),
    ("failed to connect", TroubleKind.UNREACHABLE),
)


class PostgresDialect(Dialect):
    """PostgreSQL 12 and later; a session in which a backslash in a literal is one."""

    name = "postgres"
    moments = frozenset({"timestamptz", "timestamp", "date"})
    unmakes_tables = True

    def __init__(self, timeout_seconds: float = 3600) -> None:
        milliseconds = max(1, round(timeout_seconds * 1000))
        lock_milliseconds = min(milliseconds // 2 + 1, LOCK_SECONDS * 1000)
        self.writing_session = (
            f"set statement_timeout = {milliseconds}",
            f"set lock_timeout = {lock_milliseconds}",
            "set standard_conforming_strings = on",
        )
        self.session = (
            "set transaction isolation level repeatable read, read only",
            f"set local statement_timeout = {milliseconds}",
            f"set local lock_timeout = {lock_milliseconds}",
            "set local standard_conforming_strings = on",
            "set local timezone = 'UTC'",
            "set local datestyle = 'ISO'",
            "set local bytea_output = 'hex'",
            "set local extra_float_digits = 1",
        )

    def folded(self, name: str) -> str:
        """Names without quotes are stored in lower case."""
        return name.lower()

    def text(self, expression: str, kind: str) -> str:
        """An array as JSON, money as a number, an address without the mask of one host."""
        if kind.startswith("_"):
            return f"to_json({expression})::text"
        if kind == "money":
            return f"({expression})::numeric::text"
        if kind == "inet":
            return f"abbrev({expression})"
        return f"({expression})::text"

    def moment(self, expression: str, kind: str) -> str | None:
        """To write a time out costs the server as much as ten texts; infinity only has a text."""
        if kind not in {"timestamptz", "timestamp"}:
            return None
        years = f"{expression} >= '0001-01-01' and {expression} < '10000-01-01'"
        return f"case when {years} then {expression} end"

    def changed_since(self, column: str, moment: datetime) -> str:
        """Every part of it can use an index on the column."""
        at = f"timestamptz '{moment:%Y-%m-%d %H:%M:%S.%f}+00'"
        return f"({column} >= {at} or {column} = '-infinity' or {column} is null)"

    def wait_for_turn(self, what: str) -> tuple[str, ...]:
        """Two deletes at once would each miss what the other inserts."""
        return (f"select pg_advisory_xact_lock(hashtextextended({self.literal(what)}, 0))",)

    def may_write(self, source: str) -> str:
        """Any of the rights that change rows."""
        rights = "insert, update, delete, truncate"
        return f"select has_table_privilege({self.literal(source)}, '{rights}')::text as answer"

    def trouble(self, error: Exception) -> Trouble:
        """By SQLSTATE where the driver gives one, else by libpq's words."""
        text = str(error)
        found = _STATE.search(text)
        state = found["state"] if found else ""
        told = first_line(error).split("[libpq] ", 1)[-1]
        told = told.rpartition("ERROR:")[2].strip()
        if state.startswith(("22", "23")):
            return Trouble(TroubleKind.VALUE, f"SQLSTATE {state}")
        by_state = _BY_STATE.get(state)
        if by_state is not None and by_state is not TroubleKind.TIMEOUT:
            return Trouble(by_state, told)
        for words, kind in _BY_WORDS:
            if words in text:
                return Trouble(kind, told)
        if state.startswith(("08", "57P")):
            return Trouble(TroubleKind.DROPPED, told)
        return Trouble(by_state or TroubleKind.OTHER, told)


@contextmanager
def open_postgres(url: str, timeout_seconds: float) -> Iterator[AdbcReader]:
    """A reader of the PostgreSQL at ``url``."""
    dbapi = driver("adbc_driver_postgresql.dbapi", "postgres")
    uri = connection_uri(url)
    with adbc_reader(
        lambda: dbapi.connect(uri),
        PostgresDialect(timeout_seconds),
        shown(url),
        timeout_seconds,
        _BATCHES,
    ) as reader:
        yield reader
