"""A PostgreSQL that is away in the middle of a backfill under the real daemon: nothing is lost.

It holds the ledger and Dagster's own storage, and stops as a crash would stop it. One of the two
runs is killed meanwhile, of which the code server could then tell nobody.
"""

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.backfill import (
    NAMES,
    assert_few_sent_twice,
    assert_ledger_holds,
    lay_down,
    until_healed,
    until_sent,
)
from tests.defs.dagster_dev import dagster_dev
from tests.postgres import running_server, start_again, stop_at_once
from tests.projects import Project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SENT_BEFORE = 20
LEDGER, STORAGE = "ledger", "dagster"
POOLED = {"module": "contacts_pipeline.defs.storage", "class": "PooledPostgresStorage"}
"""The storage of a fleet, whose kept connections a restart breaks."""


@pytest.fixture
def server() -> Iterator[Any]:
    """A server of the test's own, since others would miss it, with the two databases."""
    with running_server() as found:
        for database in (LEDGER, STORAGE):
            found.psql(f"create database {database}")
        yield found


def address_of(server: Any, database: str) -> str:
    """A database of the server for SQLAlchemy."""
    told = server.get_uri().replace("postgresql://", "postgresql+psycopg2://", 1)
    return str(told.replace("/postgres?", f"/{database}?", 1))


def test_a_database_restarted_in_a_backfill_loses_nothing_and_the_daemon_goes_on(
    project: Project, server: Any, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONTACTS_LEDGER_URL", address_of(server, LEDGER))
    stored = POOLED | {"config": {"postgres_url": address_of(server, STORAGE)}}
    crm = lay_down(project, crm_sandbox, monkeypatch, storage={"custom": stored})
    with dagster_dev(project.folder) as (dagster, _):
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.start_backfill(NAMES)
        until_sent(dagster, crm, SENT_BEFORE)
        victim = next(run["runId"] for run in dagster.runs() if run["status"] == "STARTED")
        pid = dagster.process_of(victim)
        stop_at_once(server)
        os.kill(pid, signal.SIGKILL)
        dagster.until(lambda: "see that the database runs" in dagster.log.read_text())
        dagster.until(dagster.daemon_has_erred)
        start_again(server)
        dagster.until(dagster.answers_again)
        assert dagster.end_of_run(victim) == "FAILURE"
        told = dagster.told_of(victim)
        # The monitor, or the code server's thread if it tried until the database was back.
        assert f"process {pid} of the run has ended" in told or "terminated by signal 9" in told
        until_healed(dagster, crm, "New York")
        dagster.until(dagster.is_idle)
    assert_few_sent_twice(crm)
    assert_ledger_holds(project, crm)
