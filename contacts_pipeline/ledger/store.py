"""The ledger: what the CRM holds as far as we know, and what became of every request.

SQLAlchemy Core over SQLite (WAL, every commit flushed) by default, or PostgreSQL for a fleet.
Reads give Arrow tables for DuckDB; writes of a running push go through ``journal``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    Engine,
    Select,
    Table,
    create_engine,
    event,
    false,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import schema
from contacts_pipeline.snapshots import private_folder


class LedgerError(PipelineError):
    """The ledger can't be opened, or was written by something else."""

    code = "ledger_unusable"


KNOWN_CONTACTS = pa.schema(
    [
        ("location_id", pa.string()),
        ("contact_id", pa.string()),
        ("source_keys", pa.string()),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("hashes", pa.string()),
        ("row_hash", pa.string()),
        ("known_at", pa.timestamp("us")),
    ]
)
UNSETTLED = pa.schema(
    [
        ("location_id", pa.string()),
        ("identity", pa.string()),
        ("source_keys", pa.string()),
        ("effect", pa.string()),
        ("predicted_contact_id", pa.string()),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("intended_at", pa.timestamp("us")),
    ]
)


class Ledger:
    """The ledger of one CRM.

    Args:
        url: SQLAlchemy URL; a bare ``postgresql://`` is read with psycopg2.
        crm: The CRM's normalised base URL.
        key_fingerprint: Of the key of all hashes; another key's ledger is refused.
    """

    def __init__(self, url: str, crm: str, key_fingerprint: str) -> None:
        self.crm = crm
        self.engine = _open(url)
        try:
            schema.metadata.create_all(self.engine)
            self._agree("schema_version", str(schema.SCHEMA_VERSION))
            self._agree("key_fingerprint", key_fingerprint)
        except SQLAlchemyError as error:
            raise _unusable(self.engine, error) from None

    def close(self) -> None:
        """Release the connections."""
        self.engine.dispose()

    def known_contacts(self, location_ids: Sequence[str]) -> pa.Table:
        """What these locations hold: the columns of ``KNOWN_CONTACTS``; lists are JSON text."""
        table = schema.contacts
        return self._arrow(
            select(*(table.c[name] for name in KNOWN_CONTACTS.names)).where(
                table.c.crm == self.crm, table.c.location_id.in_(location_ids)
            ),
            KNOWN_CONTACTS,
        )

    def locations_with_contacts(self) -> set[str]:
        """The locations of which the ledger holds a contact."""
        table = schema.contacts
        query = select(table.c.location_id).where(table.c.crm == self.crm).distinct()
        with self.engine.connect() as connection:
            return set(connection.scalars(query))

    def unsettled(self, location_ids: Sequence[str]) -> pa.Table:
        """Requests that may or may not have been applied: the columns of ``UNSETTLED``."""
        table = schema.requests
        return self._arrow(
            select(*(table.c[name] for name in UNSETTLED.names)).where(
                table.c.crm == self.crm,
                table.c.location_id.in_(location_ids),
                table.c.settled == false(),
            ),
            UNSETTLED,
        )

    def version(self, location_id: str) -> tuple[int, str | None]:
        """How many plans have written to the location, and which was the last."""
        table = schema.locations
        with self.engine.connect() as connection:
            row = connection.execute(
                select(table.c.version, table.c.plan_id).where(*self._at(table, location_id))
            ).one_or_none()
        return (row.version, row.plan_id) if row else (0, None)

    def begin_plan(self, location_id: str, plan_id: str, planned_at_version: int) -> bool:
        """Claim the location for a plan; False if another plan has written since it was made."""
        table = schema.locations
        with self.engine.begin() as connection:
            connection.execute(
                self._insert(table)
                .values(crm=self.crm, location_id=location_id, version=0)
                .on_conflict_do_nothing()
            )
            claimed = connection.execute(
                update(table)
                .where(
                    *self._at(table, location_id),
                    table.c.version == planned_at_version,
                )
                .values(version=planned_at_version + 1, plan_id=plan_id)
            ).rowcount
            if claimed:
                return True
            last = connection.execute(
                select(table.c.plan_id).where(*self._at(table, location_id))
            ).scalar_one()
        return bool(last == plan_id)

    def acknowledged(self, location_id: str, plan_id: str) -> set[str]:
        """The identities of a plan that the CRM has acknowledged, by whichever run."""
        table = schema.outcomes
        with self.engine.connect() as connection:
            return set(
                connection.scalars(
                    select(table.c.identity).where(
                        *self._at(table, location_id),
                        table.c.plan_id == plan_id,
                        table.c.outcome.in_(["created", "updated"]),
                    )
                )
            )

    def next_number(self, location_id: str, run_id: str) -> int:
        """The number of the run's next request to the location; a resumed run counts on."""
        table = schema.requests
        with self.engine.connect() as connection:
            last = connection.execute(
                select(func.max(table.c.number)).where(
                    *self._at(table, location_id), table.c.run_id == run_id
                )
            ).scalar_one()
        return (last or 0) + 1

    def outcomes(self, location_id: str, run_id: str) -> list[Mapping[str, Any]]:
        """The final state of each identity that the run attempted in the location."""
        table = schema.outcomes
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(table)
                .where(*self._at(table, location_id), table.c.run_id == run_id)
                .order_by(table.c.identity)
            )
            return [dict(row) for row in rows.mappings()]

    def requests(self, location_id: str, run_id: str) -> list[Mapping[str, Any]]:
        """Every request of the run to the location, in order."""
        table = schema.requests
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(table)
                .where(*self._at(table, location_id), table.c.run_id == run_id)
                .order_by(table.c.number)
            )
            return [dict(row) for row in rows.mappings()]

    def record_push(
        self,
        location_id: str,
        run_id: str,
        *,
        plan_id: str | None,
        started_at: datetime,
        status: str,
        reason: str | None,
        report: Mapping[str, Any],
    ) -> None:
        """Write down how a location's push ended; a second call for the run replaces the first."""
        row = {
            "crm": self.crm,
            "location_id": location_id,
            "run_id": run_id,
            "plan_id": plan_id,
            "started_at": started_at,
            "finished_at": utc_now(),
            "status": status,
            "reason": reason,
            "report": json.dumps(report),
        }
        with self.engine.begin() as connection:
            self.replace(connection, schema.pushes, [row])

    def last_pushes(
        self, location_ids: Sequence[str] | None = None, run_id: str | None = None
    ) -> dict[str, Mapping[str, Any]]:
        """The newest push of each location, or those of one run."""
        table = schema.pushes
        query = select(table).where(table.c.crm == self.crm).order_by(table.c.started_at)
        if location_ids:
            query = query.where(table.c.location_id.in_(location_ids))
        if run_id:
            query = query.where(table.c.run_id == run_id)
        with self.engine.connect() as connection:
            rows = connection.execute(query).mappings()
            return {row["location_id"]: dict(row) for row in rows}

    def replace(self, connection: Any, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert ``rows``, each in the place of the one with the same primary key."""
        if not rows:
            return
        statement = self._insert(table)
        keys = [column.name for column in table.primary_key]
        others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        connection.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=others), list(rows)
        )

    def _agree(self, name: str, value: str) -> None:
        table = schema.facts
        with self.engine.begin() as connection:
            connection.execute(
                self._insert(table).values(name=name, value=value).on_conflict_do_nothing()
            )
            stored = connection.execute(
                select(table.c.value).where(table.c.name == name)
            ).scalar_one()
        if stored != value:
            what = {
                "schema_version": "it was written by another version of contacts-pipeline",
                "key_fingerprint": "its hashes were made with another key; put the hash.key of "
                "the data folder that wrote it beside it",
            }[name]
            raise LedgerError(f"ledger {shown(self.engine)}: {what}")

    def _insert(self, table: Table) -> Any:
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        return dialect.insert(table)

    def _at(self, table: Table, location_id: str) -> tuple[Any, Any]:
        return table.c.crm == self.crm, table.c.location_id == location_id

    def _arrow(self, query: Select[Any], columns: pa.Schema) -> pa.Table:
        batches = []
        with self.engine.connect() as connection:
            for rows in connection.execute(query).partitions(50_000):
                arrays = [
                    pa.array(values, type=field.type)
                    for values, field in zip(zip(*rows, strict=True), columns, strict=True)
                ]
                batches.append(pa.record_batch(arrays, schema=columns))
        return pa.Table.from_batches(batches, schema=columns)


def utc_now() -> datetime:
    """The time in UTC, naive, as the ledger holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


def shown(engine: Engine) -> str:
    """The ledger's address without its password."""
    return engine.url.render_as_string(hide_password=True)


def _open(url: str) -> Engine:
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise LedgerError(f"CONTACTS_LEDGER_URL: {error}") from None
    if engine.dialect.name == "sqlite":
        if engine.url.database:
            private_folder(Path(engine.url.database).parent)
        event.listen(engine, "connect", _flush_every_commit)
    return engine


def _flush_every_commit(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode = wal", "synchronous = full", "busy_timeout = 30000"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()


def _unusable(engine: Engine, error: SQLAlchemyError) -> LedgerError:
    told = error.orig if isinstance(error, DBAPIError) else error
    return LedgerError(
        f"ledger {shown(engine)}: {str(told).splitlines()[0]}; check CONTACTS_LEDGER_URL or the "
        "data folder's permissions and space"
    )
