"""The contacts as the settings describe them, typed as text, streamed to a snapshot."""

import re
from pathlib import Path

import duckdb

from contacts_pipeline.contact import CHANNEL_COLUMNS, TEXT_COLUMNS
from contacts_pipeline.engine import save
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Contacts, Settings
from contacts_pipeline.warehouse.tables import (
    columns_of,
    first_line,
    open_warehouse,
    quoted,
    suggestion,
    table_source,
)

_NAME = re.compile(r"[A-Za-z_]\w*")


def extract_contacts(settings: Settings, snapshot: Path, scratch: Path) -> int:
    """Write ``warehouse_contacts`` and return its number of rows.

    Columns: ``source_key, location_id`` (text), ``updated_at`` (UTC timestamp, null where missing
    or unreadable), ``updated_at_raw``, ``origin`` (by ``survivorship.source_priority``), every
    column of ``contact.TEXT_COLUMNS`` as text (a list as its JSON), ``custom_fields`` (map of text
    to text).
    """
    with open_warehouse(settings, scratch) as con:
        query = contacts_query(con, settings)
        try:
            save(con, query, snapshot)
            row = con.execute("select count(*) from read_parquet(?)", [str(snapshot)]).fetchone()
        except duckdb.Error as error:
            raise WarehouseError(f"contacts: {first_line(error)}") from None
    return int(row[0]) if row else 0


def field_sources(contacts: Contacts) -> dict[str, str]:
    """Pipeline column to the warehouse column or expression that fills it."""
    channels = {
        CHANNEL_COLUMNS[channel]: source for channel, source in contacts.fields.dndSettings.items()
    }
    inbound = contacts.fields.inboundDndSettings
    return contacts.fields.columns | channels | ({"inbound_dnd": inbound} if inbound else {})


def contacts_query(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """The SELECT that gives ``warehouse_contacts``; every name in it is checked and quoted."""
    contacts, sources_by_rank = settings.contacts, settings.survivorship.source_priority
    if contacts.table is not None:
        source, what = table_source(con, contacts.table, "contacts.table"), f"'{contacts.table}'"
    else:
        source, what = f"({contacts.query})", "the query"
    columns = columns_of(con, source, "contacts.query" if contacts.query else "contacts.table")
    scope = _Scope(con, source, what, columns)
    sources = field_sources(contacts)
    origin = sources_by_rank.column if sources_by_rank else None
    updated_at = scope.column("contacts.updated_at", contacts.updated_at)
    selected = [
        f"cast({scope.column('contacts.key', contacts.key)} as varchar) as source_key",
        f"cast({scope.column('contacts.location', contacts.location)} as varchar) as location_id",
        f"try_cast({updated_at} as timestamptz) at time zone 'UTC' as updated_at",
        f"cast({updated_at} as varchar) as updated_at_raw",
        f"{scope.text('survivorship.source_priority.column', origin)} as origin",
    ]
    for column in TEXT_COLUMNS:
        text = scope.text(f"contacts.fields.{column}", sources.get(column))
        selected.append(f"{text} as {quoted(column)}")
    selected.append(f"{_custom_fields(scope, contacts)} as custom_fields")
    return f"select {', '.join(selected)} from {source}"


class _Scope:
    """What the settings may name: the columns of one table or query."""

    def __init__(
        self, con: duckdb.DuckDBPyConnection, source: str, what: str, columns: dict[str, str]
    ) -> None:
        self._con = con
        self._source = source
        self._what = what
        self._columns = columns

    def column(self, key: str, name: str | None) -> str:
        """A column, where the settings can mean nothing else."""
        if name is None:
            return "null"
        if name not in self._columns:
            hint = suggestion(name, set(self._columns))
            raise WarehouseError(f"{key}: {self._what} has no column '{name}'{hint}")
        return quoted(name)

    def text(self, key: str, source: str | None) -> str:
        """A column or an expression, as text."""
        if source is None:
            return "cast(null as varchar)"
        if source in self._columns or _NAME.fullmatch(source):
            expression = self.column(key, source)
        else:
            expression = f"({source})"
        try:
            described = self._con.execute(
                f"describe select {expression} as value from {self._source}"
            ).fetchall()
        except duckdb.Error as error:
            raise WarehouseError(f"{key}: {first_line(error)}") from None
        if len(described) != 1:
            raise WarehouseError(f"{key}: '{source}' must give one value")
        is_list = str(described[0][1]).endswith("[]")
        return f"cast({f'to_json({expression})' if is_list else expression} as varchar)"


def _custom_fields(scope: _Scope, contacts: Contacts) -> str:
    if not contacts.custom_fields:
        return "cast(map {} as map(varchar, varchar))"
    names = ", ".join("'" + name.replace("'", "''") + "'" for name in contacts.custom_fields)
    values = ", ".join(
        scope.text(f"contacts.custom_fields.{name}", source)
        for name, source in contacts.custom_fields.items()
    )
    return f"map([{names}], [{values}])"
