"""The database of the ledger: SQLite with every commit flushed, or PostgreSQL."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from contacts_pipeline.errors import PipelineError, SettingsError
from contacts_pipeline.snapshots import private_folder

_DATABASES = {"sqlite", "postgresql"}
_FULL_DISK = ("disk is full", "no space left on device")  # SQLite's words, PostgreSQL's
_PRAGMAS = (
    "busy_timeout = 30000",
    "journal_mode = wal",
    "synchronous = full",
    # A commit of two hundred locations changes over a thousand pages, and the next one most of
    # them again: they are read once, and go from the log into the file once in sixteen thousand.
    "cache_size = -65536",
    "wal_autocheckpoint = 16000",
)
_TABLES_LOCK = 0x6C6564676572  # "ledger": any number that all versions agree on


class LedgerError(PipelineError):
    """The ledger can't be opened, read or written, or was written by something else."""

    code = "ledger_unusable"


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; a bare ``postgresql://`` is read with psycopg2.

    Raises:
        SettingsError: It is no URL of such a database, or the database's driver is missing.
    """
    try:
        place = make_url(url)
        if place.get_backend_name() not in _DATABASES:
            raise SettingsError(
                f"CONTACTS_LEDGER_URL: {place.get_backend_name()} can't hold the ledger; name a "
                "postgresql:// or a sqlite:/// database"
            )
        if place.drivername == "postgresql":
            place = place.set(drivername="postgresql+psycopg2")
        engine = create_engine(place, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"CONTACTS_LEDGER_URL: the driver {error.name} is missing; type: {_remedy(error.name)}"
        ) from None
    except SQLAlchemyError:
        raise SettingsError(
            "CONTACTS_LEDGER_URL: it is no database's URL; write such as "
            "postgresql://user@host/database"
        ) from None
    if engine.dialect.name == "sqlite":
        if folder := folder_of(engine):
            private_folder(folder)
        event.listen(engine, "connect", _prepare_connection)
    return engine


def _remedy(driver: str | None) -> str:
    if driver == "psycopg2":
        return "uv add 'contacts-pipeline[postgres]' (in a checkout: uv sync --extra postgres)"
    return f"uv add {driver}"


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
    return LedgerError(f"ledger {shown(engine)}: {first_line(error)}; {remedy(engine, error)}")


def first_line(error: Exception) -> str:
    """What the database itself says happened."""
    told = error.orig if isinstance(error, DBAPIError) else error
    return next(iter(str(told).splitlines()), type(told).__name__)


def remedy(engine: Engine, error: Exception) -> str:
    """What a user can do about a database that fails."""
    folder = folder_of(engine)
    if any(words in first_line(error).lower() for words in _FULL_DISK):
        return f"make room on the disk of {folder or 'the database'}"
    if folder is not None:
        return f"check the permissions and the space of {folder}"
    return "see that the database runs, and check CONTACTS_LEDGER_URL"


def _prepare_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"pragma {pragma}")
    cursor.close()
