"""Many rows in one statement, which the database takes apart itself.

A statement a row costs the driver more than the database. With SQLite each also gives Python's
lock away and waits to have it back, which a busy event loop lets it do for milliseconds.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Dialect, Table, text

Row = Mapping[str, Any]

_GIVEN = "(given)"
_ROWS_AT_ONCE = 100  # 2,000 values: the driver keeps 128 statements, so that theirs stay small


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``, all of the same columns."""
    if rows:
        names = tuple(rows[0])
        _execute(connection, _insertion(table, names, connection.dialect), names, rows)


def replace_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert ``rows``, each in the place of the one with the same primary key; the last counts."""
    keys = table.primary_key.columns.keys()
    others = [column.name for column in table.columns if not column.primary_key]
    # PostgreSQL refuses a statement that replaces one row twice.
    last = {tuple(row[key] for key in keys): row for row in rows}
    merge_rows(
        connection, table, list(last.values()), {name: f"excluded.{name}" for name in others}
    )


def merge_rows(
    connection: Connection, table: Table, rows: Sequence[Row], new: Mapping[str, str]
) -> None:
    """Insert ``rows``; where the primary key is taken, set the columns ``new`` to an SQL value."""
    if not rows:
        return
    keys = ", ".join(table.primary_key.columns.keys())
    sets = ", ".join(f"{name} = {value}" for name, value in new.items())
    names = tuple(rows[0])
    # SQLite takes 'on' for a join's, if nothing stands between.
    statement = f"{_insertion(table, names, connection.dialect)} where true on conflict ({keys}) do"
    _execute(connection, f"{statement} update set {sets}", names, rows)


def update_rows(
    connection: Connection, table: Table, at: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set the columns that the rows name where the columns ``at`` are as they say."""
    if not rows:
        return
    names = tuple(rows[0])
    values = dict(zip(names, _values(table, names, connection.dialect), strict=True))
    new = ", ".join(f"{name} = {values[name]}" for name in names if name not in at)
    same = " and ".join(f"{table.name}.{name} = {values[name]}" for name in at)
    _execute(connection, f"update {table.name} set {new} from {_GIVEN} where {same}", names, rows)


def _insertion(table: Table, names: Sequence[str], dialect: Dialect) -> str:
    values = ", ".join(_values(table, names, dialect))
    return f"insert into {table.name} ({', '.join(names)}) select {values} from {_GIVEN}"


def _values(table: Table, names: Sequence[str], dialect: Dialect) -> list[str]:
    if dialect.name == "postgresql":
        types = [table.columns[name].type.compile(dialect) for name in names]
        return [f"cast(given.value ->> {at} as {kind})" for at, kind in enumerate(types)]
    return [f"given.column{at}" for at in range(1, len(names) + 1)]


def _execute(
    connection: Connection, statement: str, names: Sequence[str], rows: Sequence[Row]
) -> None:
    if connection.dialect.name == "postgresql":
        given = "jsonb_array_elements(cast(:rows as jsonb)) as given (value)"
        lists = [[row[name] for name in names] for row in rows]
        told = json.dumps(lists, default=_as_stored, ensure_ascii=False)
        connection.execute(text(statement.replace(_GIVEN, given)), {"rows": told})
        return
    places = f"({', '.join('?' * len(names))})"
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        some = rows[start : start + _ROWS_AT_ONCE]
        given = f"(values {', '.join([places] * len(some))}) as given"
        values = [row[name] for row in some for name in names]
        connection.exec_driver_sql(
            statement.replace(_GIVEN, given),
            tuple(_STORED[kind](one) if (kind := type(one)) in _STORED else one for one in values),
        )


def _time_as_stored(value: datetime) -> str:
    """As SQLAlchemy writes it for SQLite, with all its digits, so that texts compare."""
    return value.isoformat(" ", "microseconds")


_STORED: Mapping[type, Callable[[Any], object]] = {datetime: _time_as_stored, bool: int}
"""What the driver would take to pieces itself, and slowly."""


def _as_stored(value: object) -> str:
    if isinstance(value, datetime):
        return _time_as_stored(value)
    raise TypeError(f"{type(value).__name__} has no place in the ledger")
