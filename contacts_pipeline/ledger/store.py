"""The ledger: what the CRM holds as far as we know, and what became of every request.

SQLAlchemy Core over SQLite (WAL, every commit flushed) by default, or PostgreSQL for a fleet.
Reads give Arrow tables for DuckDB; writes of a running push go through ``journal``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Connection, FromClause, Select, Table, false, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.database import (
    LedgerError,
    folder_of,
    open_engine,
    shown,
    unusable,
)
from contacts_pipeline.ledger.migrations import bring_up_to_date
from contacts_pipeline.ledger.relations import KNOWN_CONTACTS, UNSETTLED


class Position(NamedTuple):
    """How far a location has come: plans that have written, the last of them, commits counted."""

    version: int = 0
    plan_id: str | None = None
    changes: int = 0


class Ledger:
    """The ledger of one CRM.

    Args:
        url: SQLAlchemy URL; a bare ``postgresql://`` is read with psycopg2.
        crm: The CRM's normalised base URL.
        key_fingerprint: Of the key of all hashes; another key's ledger is refused.
    """

    def __init__(self, url: str, crm: str, key_fingerprint: str) -> None:
        self.crm = crm
        self.engine = open_engine(url)
        self.folder = folder_of(self.engine)
        with self.reading() as connection:
            bring_up_to_date(connection)
        self._agree_on_key(key_fingerprint)

    def close(self) -> None:
        """Release the connections."""
        self.engine.dispose()

    @property
    def shown(self) -> str:
        """The ledger's address without its password."""
        return shown(self.engine)

    def known_contacts(self, location_ids: Sequence[str]) -> pa.Table:
        """What these locations hold: the columns of ``KNOWN_CONTACTS``; lists are JSON text."""
        table = schema.contacts
        return self.read_arrow(
            select(*(table.c[name] for name in KNOWN_CONTACTS.names)).where(
                table.c.crm == self.crm, table.c.location_id.in_(location_ids)
            ),
            KNOWN_CONTACTS,
        )

    def locations_with_contacts(self) -> set[str]:
        """The locations of which the ledger holds a contact."""
        table = schema.contacts
        query = select(table.c.location_id).where(table.c.crm == self.crm).distinct()
        with self.reading() as connection:
            return set(connection.scalars(query))

    def unsettled(self, location_ids: Sequence[str]) -> pa.Table:
        """Requests that may or may not have been applied: the columns of ``UNSETTLED``."""
        table = schema.requests
        return self.read_arrow(
            select(*(table.c[name] for name in UNSETTLED.names)).where(
                table.c.crm == self.crm,
                table.c.location_id.in_(location_ids),
                table.c.settled == false(),
            ),
            UNSETTLED,
        )

    def positions(self, location_ids: Sequence[str]) -> dict[str, Position]:
        """How far each location has come."""
        table = schema.locations
        query = select(
            table.c.location_id, table.c.version, table.c.plan_id, table.c.changes
        ).where(table.c.crm == self.crm, table.c.location_id.in_(location_ids))
        with self.reading() as connection:
            known = {name: Position(*rest) for name, *rest in connection.execute(query)}
        return dict.fromkeys(location_ids, Position()) | known

    def begin_plan(
        self, location_id: str, plan_id: str, version: int, changes: int | None = None
    ) -> bool:
        """Claim the location for a plan that was made at ``version`` and ``changes``.

        False if anything was written since. Call it only as the location's one pusher. ``changes``
        is None for a plan of an older program, which did not keep it.
        """
        table = schema.locations
        unchanged = [table.c.version == version]
        if changes is not None:
            unchanged.append(table.c.changes == changes)
        with self.writing() as connection:
            connection.execute(
                self.insert(table)
                .values(crm=self.crm, location_id=location_id, version=0)
                .on_conflict_do_nothing()
            )
            claimed = connection.execute(
                update(table)
                .where(*self._at(table, location_id), *unchanged)
                .values(version=version + 1, plan_id=plan_id)
            ).rowcount
            if claimed:
                return True
            last = connection.execute(
                select(table.c.plan_id).where(*self._at(table, location_id))
            ).scalar_one()
        return bool(last == plan_id)

    def next_number(self, location_id: str, run_id: str) -> int:
        """The number of the run's next request to the location; a resumed run counts on."""
        table = schema.requests
        with self.reading() as connection:
            last = connection.execute(
                select(func.max(table.c.number)).where(
                    *self._at(table, location_id), table.c.run_id == run_id
                )
            ).scalar_one()
        return (last or 0) + 1

    def requests(self, location_id: str, run_id: str) -> list[Mapping[str, Any]]:
        """Every request of the run to the location, in order."""
        table = schema.requests
        with self.reading() as connection:
            rows = connection.execute(
                select(table)
                .where(*self._at(table, location_id), table.c.run_id == run_id)
                .order_by(table.c.number)
            )
            return [dict(row) for row in rows.mappings()]

    def replace(self, connection: Any, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert ``rows``, each in the place of the one with the same primary key."""
        if not rows:
            return
        statement = self.insert(table)
        keys = [column.name for column in table.primary_key]
        # PostgreSQL refuses a statement that replaces one row twice; the last one counts.
        rows = list({tuple(row[key] for key in keys): row for row in rows}.values())
        others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)

    def session(self) -> Connection:
        """A connection of its own; closing it ends the session with the database."""
        try:
            connection = self.engine.connect()
        except self._errors as error:
            raise unusable(self.engine, error) from None
        connection.detach()
        return connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to read with; the driver's errors become one that a user can mend."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except self._errors as error:
            raise unusable(self.engine, error) from None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection whose writes are committed together at the end."""
        with self.reading() as connection, connection.begin():
            yield connection

    def insert(self, table: Table) -> Any:
        """An insert in the database's own dialect, which knows what to do on a conflict."""
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table)

    def read_arrow(self, query: Select[Any], columns: pa.Schema) -> pa.Table:
        """What ``query`` gives, as ``columns``."""
        batches = []
        with self.reading() as connection:
            for rows in connection.execute(query).partitions(50_000):
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(zip(*rows, strict=True), columns, strict=True)
                ]
                batches.append(pa.record_batch(arrays, schema=columns))
        return pa.Table.from_batches(batches, schema=columns)

    def _agree_on_key(self, key_fingerprint: str) -> None:
        table = schema.facts
        query = select(table.c.value).where(table.c.name == "key_fingerprint")
        with self.writing() as connection:
            stored = connection.execute(query).scalar_one_or_none()
            if stored is None:
                row = {"name": "key_fingerprint", "value": key_fingerprint}
                connection.execute(self.insert(table).values(row).on_conflict_do_nothing())
                stored = connection.execute(query).scalar_one()
        if stored != key_fingerprint:
            raise LedgerError(
                f"ledger {shown(self.engine)}: its hashes were made with another key; put the "
                "hash.key of the data folder that wrote it beside it"
            )

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        """The driver's too: what it raises while a connection is made is not wrapped."""
        driver: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return (SQLAlchemyError, OSError, driver)

    def _at(self, table: FromClause, location_id: str) -> tuple[Any, Any]:
        return table.c.crm == self.crm, table.c.location_id == location_id


def utc_now() -> datetime:
    """The time in UTC, naive, as the ledger holds it."""
    return datetime.now(UTC).replace(tzinfo=None)
