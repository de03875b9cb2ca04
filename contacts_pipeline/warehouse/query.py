"""The SELECT that gives the contacts: names checked and quoted, expressions in the warehouse's SQL.

All expressions are described in one round trip; only if that fails is the guilty one looked for.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from contacts_pipeline.contact import CHANNEL_COLUMNS, TEXT_COLUMNS
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Contacts, Settings
from contacts_pipeline.warehouse.expressions import (
    is_name,
    name_parts,
    one_expression,
    one_value,
    suggestion,
    the_one_called,
)
from contacts_pipeline.warehouse.reader import QueryRefusedError, Reader

CUSTOM_FIELD = "custom_field_{}"


@dataclass(frozen=True)
class ContactsQuery:
    """``columns``: column of the snapshot to SQL text; ``cursor``: updated_at, where it orders.

    There is an ``updated_at`` where the warehouse gives times; ``updated_at_raw`` is then null.

    ``source_columns``: all that the table or query has, with their types.
    """

    source: str
    columns: dict[str, str]
    cursor: str | None
    source_columns: dict[str, str]

    def select(self, *names: str, where: str | None = None) -> str:
        """The query of those of some columns that there are, or of all."""
        chosen = ", ".join(
            f"{sql} as {name}" for name, sql in self.columns.items() if not names or name in names
        )
        return f"select {chosen} from {self.source}" + (f" where {where}" if where else "")

    def changed_since(self, reader: Reader, moment: datetime) -> str:
        """The query of the rows that may have changed since ``moment``."""
        where = reader.dialect.changed_since(self.cursor or "", moment)
        return self.select(where=where)

    @property
    def fingerprint(self) -> str:
        """Changes when the query means something else."""
        meaning = json.dumps([self.source, self.columns, self.cursor])
        return hashlib.sha256(meaning.encode()).hexdigest()[:16]


def field_sources(contacts: Contacts) -> dict[str, str]:
    """Pipeline column to the warehouse column or expression that fills it."""
    channels = {
        CHANNEL_COLUMNS[channel]: source for channel, source in contacts.fields.dndSettings.items()
    }
    inbound = contacts.fields.inboundDndSettings
    return contacts.fields.columns | channels | ({"inbound_dnd": inbound} if inbound else {})


def contacts_query(reader: Reader, settings: Settings) -> ContactsQuery:
    """The query of the contacts; raises the error that names the key of the settings."""
    contacts, by_source = settings.contacts, settings.survivorship.source_priority
    if contacts.table is not None:
        source, what = table_source(reader, contacts.table, "contacts.table"), f"'{contacts.table}'"
        kinds = columns_of(reader, source, "contacts.table")
    else:
        query = one_expression(contacts.query or "", "contacts.query")
        source, what = f"({query}\n) as source", "the query"
        kinds = columns_of(reader, source, "contacts.query")
    scope = _Scope(reader, source, what, kinds)
    expressions = {
        "source_key": ("contacts.key", scope.column("contacts.key", contacts.key)),
        "location_id": (
            "contacts.location",
            scope.column("contacts.location", contacts.location),
        ),
    }
    cursor = None
    if contacts.updated_at is not None:
        column = scope.column("contacts.updated_at", contacts.updated_at)
        expressions["updated_at_raw"] = ("contacts.updated_at", column)
        if reader.dialect.is_moment(kind_of(contacts.updated_at, kinds)):
            cursor = column
    if by_source is not None:
        key = "survivorship.source_priority.column"
        expressions["origin"] = (key, scope.expression(key, by_source.column))
    sources = field_sources(contacts)
    for name in TEXT_COLUMNS:
        if name in sources:
            key = f"contacts.fields.{name}"
            expressions[name] = (key, scope.expression(key, sources[name]))
    for number, (name, written) in enumerate(contacts.custom_fields.items()):
        key = f"contacts.custom_fields.{name}"
        expressions[CUSTOM_FIELD.format(number)] = (key, scope.expression(key, written))
    return ContactsQuery(source, scope.as_text(expressions), cursor, kinds)


def table_source(reader: Reader, table: str, key: str) -> str:
    """The FROM item of ``table``, which the settings name at ``key``."""
    dialect = reader.dialect
    parts = name_parts(table, key)
    folded = ".".join(
        dialect.quoted(part if quoted else dialect.folded(part)) for part, quoted in parts
    )
    as_written = ".".join(dialect.quoted(part) for part, _ in parts)
    for source in dict.fromkeys((as_written, folded, dialect.quoted(table))):
        try:
            reader.describe(f"select * from {source}")
        except QueryRefusedError:
            continue
        return source
    raise WarehouseError(
        f"{key}: there is no table '{table}'{suggestion(table, reader.tables())}", kind="no_table"
    )


def columns_of(reader: Reader, source: str, key: str) -> dict[str, str]:
    """Column to kind of the relation that ``source``, a FROM item, gives."""
    try:
        return {column.name: column.kind for column in reader.describe(f"select * from {source}")}
    except QueryRefusedError as error:
        raise WarehouseError(f"{key}: {error}") from None


def kind_of(name: str, kinds: dict[str, str]) -> str:
    """The type of a column that is known to be there."""
    return kinds[the_one_called(name, list(kinds)) or name]


class _Scope:
    """What the settings may name: the columns of one table or query."""

    def __init__(self, reader: Reader, source: str, what: str, kinds: dict[str, str]) -> None:
        self._reader = reader
        self._source = source
        self._what = what
        self._kinds = kinds

    def column(self, key: str, name: str) -> str:
        """A column, where the settings can mean nothing else."""
        return self._reader.dialect.quoted(self._known(key, name))

    def expression(self, key: str, written: str) -> str:
        """A column or an expression."""
        if the_one_called(written, list(self._kinds)) or is_name(written):
            return self.column(key, written)
        return f"({one_value(written, key)}\n)"

    def as_text(self, expressions: dict[str, tuple[str, str]]) -> dict[str, str]:
        """Each expression as text, by the type that the warehouse finds it to have."""
        dialect = self._reader.dialect
        written = ", ".join(f"{sql} as {name}" for name, (_, sql) in expressions.items())
        try:
            found = self._reader.describe(f"select {written} from {self._source}")
        except QueryRefusedError as error:
            raise self._guilty(expressions, error) from None
        if len(found) != len(expressions):
            raise self._guilty(expressions, QueryRefusedError("an expression must give one value"))
        texts = {}
        for (name, (_, sql)), column in zip(expressions.items(), found, strict=True):
            texts[name] = dialect.text(sql, column.kind)
            if name == "updated_at_raw" and (moment := dialect.moment(sql, column.kind)):
                texts["updated_at"] = moment
                texts[name] = f"case when ({moment}) is null then {texts[name]} end"
        return texts

    def _known(self, key: str, name: str) -> str:
        known = the_one_called(name, list(self._kinds))
        if known is None:
            hint = suggestion(name, self._kinds)
            raise WarehouseError(f"{key}: {self._what} has no column '{name}'{hint}", "no_column")
        return known

    def _guilty(
        self, expressions: dict[str, tuple[str, str]], error: QueryRefusedError
    ) -> WarehouseError:
        _, row = expressions["source_key"]
        for key, sql in expressions.values():
            try:
                described = self._reader.describe(
                    f"select {row} as source_key, {sql} as value from {self._source}"
                )
            except QueryRefusedError as own:
                return WarehouseError(f"{key}: {own}")
            if len(described) != 2:  # noqa: PLR2004 - the key beside it
                return WarehouseError(f"{key}: '{sql}' must give one value")
        return WarehouseError(f"contacts.fields: {error}")
