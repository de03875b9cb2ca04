"""The database of the ledger: SQLite with every commit flushed, or PostgreSQL."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.snapshots import private_folder

_TABLES_LOCK = 0x6C6564676572  # "ledger": any number that all versions agree on


class LedgerError(PipelineError):
    """The ledger can't be opened, read or written, or was written by something else."""

    code = "ledger_unusable"


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; a bare ``postgresql://`` is read with psycopg2."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg2://", 1)
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise LedgerError(f"CONTACTS_LEDGER_URL: {error}") from None
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        raise LedgerError(f"CONTACTS_LEDGER_URL: {engine.dialect.name} is not supported")
    if engine.dialect.name == "sqlite":
        if folder := folder_of(engine):
            private_folder(folder)
        event.listen(engine, "connect", _flush_every_commit)
    return engine


def alone_until_commit(connection: Connection) -> None:
    """Keep other processes from making the tables at the same time."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("begin immediate")
    else:
        connection.execute(select(func.pg_advisory_xact_lock(_TABLES_LOCK)))


def folder_of(engine: Engine) -> Path | None:
    """Where the SQLite file lies; None for a server."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    return Path(engine.url.database).parent


def shown(engine: Engine) -> str:
    """The ledger's address without its password."""
    return engine.url.render_as_string(hide_password=True)


def unusable(engine: Engine, error: Exception) -> LedgerError:
    """What a user reads when the database fails."""
    told = error.orig if isinstance(error, DBAPIError) else error
    first_line = next(iter(str(told).splitlines()), type(told).__name__)
    return LedgerError(
        f"ledger {shown(engine)}: {first_line}; check CONTACTS_LEDGER_URL or the data folder's "
        "permissions and space"
    )


def _flush_every_commit(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout = 30000", "journal_mode = wal", "synchronous = full"):
        cursor.execute(f"pragma {pragma}")
    cursor.close()
