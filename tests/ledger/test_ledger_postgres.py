"""The ledger on PostgreSQL: the same contents, and a guard that is a session's advisory lock."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from contacts_pipeline.ledger import Entry, Journal, Ledger, LedgerError, utc_now
from contacts_pipeline.push.guard import only_pusher
from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.ledger.test_ledger import CRM, an_intent
from tests.push.evidence import assert_each_there_once, assert_ledger_equals
from tests.push.project import SECOND_TOKEN, Project, people, wide


def make_project(folder: Path, crm_url: str, ledger_url: str) -> Project:
    environ = {"CRM_TOKEN": "pit-sandbox", "CONTACTS_LEDGER_URL": ledger_url}
    return Project(folder, crm_url, environ=environ).write(people(60))


def test_push_with_faults_and_a_rerun(tmp_path: Path, postgres_url: str) -> None:
    with running_sandbox(wide()) as crm:
        project = make_project(tmp_path, crm.url, postgres_url)
        crm.set_faults("500-after=0.1", "reset-before=0.05", "429=0.05", seed=1)
        assert project.push()["acme"].created == 60
        assert crm.count("faults") > 0
        crm.set_faults()
        assert_each_there_once(crm, people(60))
        assert_ledger_equals(crm, project)
        assert project.push()["acme"].requests == 0
        assert not list(tmp_path.rglob("*.sqlite"))


def test_guard_is_held_by_a_session_and_dies_with_it(postgres_url: str) -> None:
    first, second = (Ledger(postgres_url, CRM, "key") for _ in range(2))

    async def claim() -> None:
        async with Journal(second) as waiting:
            async with Journal(first) as journal, only_pusher(first, journal, "acme") as alone:
                assert alone
                async with only_pusher(second, waiting, "acme") as too:
                    assert not too
                async with only_pusher(second, waiting, "bolt") as other:
                    assert other
            async with only_pusher(second, waiting, "acme") as now:
                assert now

    asyncio.run(claim())
    first.close()
    second.close()


def end_pushers(project: Project) -> None:
    """As a failover does: the sessions are gone, the processes are not."""
    told = "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
    with project.ledger() as ledger, ledger.engine.begin() as connection:
        connection.execute(text(told))


def test_row_that_waited_long_is_not_sent_by_who_has_lost_the_guard(
    tmp_path: Path, postgres_url: str
) -> None:
    """Its intent was durable before, and whoever pushes now has looked for it already."""
    limits = {"burst_limit": 4, "interval_ms": 4000}
    with running_sandbox(SandboxOptions(locations=(SandboxLocation(id="acme", **limits),))) as crm:
        project = make_project(tmp_path, crm.url, postgres_url)
        project.locations, project.crm = [{"id": "acme", **limits}], {"settle_seconds": 1.5}
        project.write(people(10)).plan()
        lost_at: list[int] = []

        def cut(_location: str, done: int, _planned: int) -> None:
            if done == 2:
                end_pushers(project)
                lost_at.append(crm.count("upsert"))

        with pytest.raises(LedgerError, match="nothing more is sent"):
            project.push(stages=["contact_upserts"], prepare=False, progress=cut)
        assert lost_at == [crm.count("upsert")] == [2]


def test_who_loses_the_guard_can_send_nothing_more(tmp_path: Path, postgres_url: str) -> None:
    """Losing the session is losing the lock: the next intent fails, so its request stays here."""
    with running_sandbox(wide(latency_ms=50)) as crm:
        project = make_project(tmp_path, crm.url, postgres_url)
        project.plan()
        lost_at: list[int] = []

        def cut(_location: str, done: int, _planned: int) -> None:
            if done != 20:
                return
            end_pushers(project)
            lost_at.append(crm.count("upsert"))

        with pytest.raises(LedgerError, match="nothing more is sent"):
            project.push(stages=["contact_upserts"], prepare=False, progress=cut)
        assert crm.count("upsert") <= lost_at[0] + 16
        assert project.push()["acme"].conserved
        assert_each_there_once(crm, people(60))
        assert crm.count("upsert") == 60


def test_one_group_may_write_a_contact_twice(postgres_url: str) -> None:
    ledger = Ledger(postgres_url, CRM, "key")

    def a_contact(row_hash: str) -> dict[str, Any]:
        at = {"crm": CRM, "location_id": "acme", "contact_id": "1", "known_at": utc_now()}
        hashes = {"email_hash": None, "phone_hash": None, "hashes": "{}", "row_hash": row_hash}
        return {**at, **hashes, "source_keys": "[]", "run_id": "run"}

    async def write() -> None:
        async with Journal(ledger) as journal:
            journal.post(Entry(contacts=[a_contact("old")]))
            journal.post(Entry(intents=[an_intent(1, effect="lookup", verdict="absent")]))
            await journal.write(Entry(contacts=[a_contact("new")], intents=[an_intent(2)]))

    asyncio.run(write())
    (row,) = ledger.known_contacts(["acme"]).to_pylist()
    assert row["row_hash"] == "new"
    assert ledger.unsettled(["acme"]).num_rows == 2
    ledger.close()


def test_password_is_not_shown(postgres_url: str) -> None:
    ledger = Ledger(postgres_url, CRM, "key")
    with pytest.raises(LedgerError) as caught:
        Ledger(postgres_url.replace("postgres:@", "postgres:secret@"), CRM, "another key")
    assert "secret" not in str(caught.value)
    ledger.close()


def test_plan_is_stale_after_another(tmp_path: Path, postgres_url: str) -> None:
    with running_sandbox(wide()) as crm:
        project = make_project(tmp_path, crm.url, postgres_url)
        project.plan()
        crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, skip=30, times=1))
        first = project.push_the_plan()["acme"]
        project.environ = {**project.environ, "CRM_TOKEN": SECOND_TOKEN}
        second = project.push_the_plan()["acme"]
        assert first.created + second.created == 60
        with project.ledger() as ledger:
            assert not ledger.begin_plan("acme", "another", 0)


def test_many_processes_may_open_a_new_ledger_at_once(postgres_url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = [threads.submit(Ledger, postgres_url, CRM, "key") for _ in range(8)]
        for one in opened:
            one.result().close()
