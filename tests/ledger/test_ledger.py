"""The ledger and its journal: what is durable when, and what happens if it can't be written."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from contacts_pipeline.errors import SettingsError
from contacts_pipeline.keyed_hash import load_key
from contacts_pipeline.ledger import (
    REQUEST_KEY,
    Entry,
    Journal,
    Ledger,
    LedgerError,
    Position,
    count_change,
    utc_now,
)
from contacts_pipeline.push.guard import only_pusher
from contacts_pipeline.sandbox import running_sandbox
from tests.push.project import Project, people, wide

CRM = "https://crm.example"


def make_ledger(path: Path, key: str = "key", crm: str = CRM) -> Ledger:
    return Ledger(f"sqlite:///{path}", crm, key)


def an_intent(number: int, **given: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ["answered_at", "status", "verdict", "contact_id", "message", "trace_id"]
    )
    return {
        "crm": CRM,
        "location_id": "acme",
        "run_id": "run",
        "number": number,
        "identity": f"email:{number}",
        "source_keys": "[]",
        "effect": "upsert",
        "predicted_contact_id": None,
        "email_hash": None,
        "phone_hash": None,
        "intended_at": utc_now(),
        "settled": False,
        **nothing,
        **given,
    }


def count(path: Path, query: str = "select count(*) from requests") -> int:
    """As another process sees the file."""
    with sqlite3.connect(path) as con:
        return int(con.execute(query).fetchone()[0])


def test_what_was_written_is_durable_when_the_write_returns(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"

    async def write(ledger: Ledger) -> None:
        async with Journal(ledger) as journal:
            for number in range(5):
                await journal.write(Entry(intents=[an_intent(number)]))
                assert count(path) == number + 1

    asyncio.run(write(make_ledger(path)))


def test_many_writes_share_a_commit(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger.sqlite")
    commits: list[object] = []
    event.listen(ledger.engine, "commit", commits.append)

    async def write() -> None:
        async with Journal(ledger) as journal:
            journal.post(Entry(intents=[an_intent(100, effect="lookup", verdict="found")]))
            await asyncio.gather(
                *(journal.write(Entry(intents=[an_intent(number)])) for number in range(50))
            )

    asyncio.run(write())
    assert len(commits) <= 3
    assert count(tmp_path / "ledger.sqlite") == 51
    found = "select count(*) from requests where verdict = 'found'"
    assert count(tmp_path / "ledger.sqlite", found) == 1


def test_more_rows_than_one_statement_takes_are_each_written_as_they_are(tmp_path: Path) -> None:
    told = {number: f'it\'s "{number}", 100% sûr 🙂' for number in range(250)}
    seen_at = utc_now()

    async def write(ledger: Ledger) -> None:
        async with Journal(ledger) as journal:
            await _together(journal, *(Entry(intents=[an_intent(number)]) for number in told))
            answers = [
                {key: an_intent(number)[key] for key in REQUEST_KEY}
                | {"answered_at": seen_at, "status": number, "message": text, "settled": True}
                for number, text in told.items()
            ]
            await _together(journal, *(Entry(answers=[answer]) for answer in answers))

    path = tmp_path / "ledger.sqlite"
    asyncio.run(write(make_ledger(path)))
    with sqlite3.connect(path) as con:
        rows = con.execute("select status, message, settled, answered_at, verdict from requests")
        at = seen_at.isoformat(" ", "microseconds")
        assert set(rows) == {(number, text, 1, at, None) for number, text in told.items()}


async def _together(journal: Journal, *entries: Entry) -> None:
    await asyncio.gather(*(journal.write(entry) for entry in entries))


def test_what_is_only_posted_is_durable_after_the_end(tmp_path: Path) -> None:
    async def post(ledger: Ledger) -> None:
        async with Journal(ledger) as journal:
            journal.post(Entry(intents=[an_intent(1)]))

    asyncio.run(post(make_ledger(tmp_path / "ledger.sqlite")))
    assert count(tmp_path / "ledger.sqlite") == 1


@pytest.mark.parametrize(
    "broken", [{"identity": None}, {"identity": "\ud800"}], ids=["null", "surrogate"]
)
def test_whoever_awaits_a_write_that_fails_is_told(tmp_path: Path, broken: dict[str, Any]) -> None:
    async def write(ledger: Ledger) -> None:
        async with Journal(ledger) as journal:
            with pytest.raises(LedgerError, match="nothing more is sent"):
                await journal.write(Entry(intents=[an_intent(1, **broken)]))
            with pytest.raises(LedgerError):
                await journal.write(Entry(intents=[an_intent(2)]))
            assert journal.failure

    asyncio.run(write(make_ledger(tmp_path / "ledger.sqlite")))
    assert count(tmp_path / "ledger.sqlite") == 0


def _another_key(path: Path) -> None:
    make_ledger(path).close()
    make_ledger(path, key="another").close()


def _no_database(path: Path) -> None:
    path.write_text("this is no database" * 100, encoding="utf-8")
    make_ledger(path)


def _a_folder(path: Path) -> None:
    path.mkdir()
    make_ledger(path)


def _newer(path: Path) -> None:
    make_ledger(path).close()
    with sqlite3.connect(path) as con:
        con.execute("update facts set value = '999' where name = 'schema_version'")
    make_ledger(path)


@pytest.mark.parametrize("use", [_another_key, _no_database, _a_folder, _newer])
def test_unusable_ledger_is_refused_in_one_line(
    tmp_path: Path, use: Callable[[Path], None]
) -> None:
    with pytest.raises(LedgerError) as caught:
        use(tmp_path / "ledger.sqlite")
    assert len(str(caught.value).splitlines()) == 1
    assert "ledger.sqlite" in str(caught.value)


def test_unknown_database_is_refused() -> None:
    for url in ("nonsense", "mysql+pymysql://host/db", "postgresql+pg8000://host/db"):
        with pytest.raises(SettingsError):
            Ledger(url, CRM, "key")


def test_server_that_is_not_there_is_told() -> None:
    with pytest.raises(LedgerError, match="refused"):
        Ledger("postgresql://nobody@127.0.0.1:9/none", CRM, "key")


def test_plan_of_an_older_ledger_is_refused_and_its_own_is_taken_up_again(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger.sqlite")
    assert ledger.begin_plan("acme", "one", 0)
    assert ledger.begin_plan("acme", "one", 0)
    assert not ledger.begin_plan("acme", "two", 0)
    assert ledger.begin_plan("acme", "two", 1)
    assert not ledger.begin_plan("acme", "one", 0)
    assert ledger.positions(["acme", "bolt"]) == {
        "acme": Position(2, "two", 0),
        "bolt": Position(0, None, 0),
    }


def test_plan_is_refused_that_did_not_know_of_all_that_the_last_one_wrote(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger.sqlite")
    assert ledger.begin_plan("acme", "one", 0, 0)
    with ledger.writing() as connection:
        count_change(ledger, connection, ["acme"])
    assert not ledger.begin_plan("acme", "two", 1, 0)
    assert ledger.begin_plan("acme", "one", 0, 0), "it is what has been writing"
    assert ledger.begin_plan("acme", "two", 1, 1)


def test_sqlite_flushes_every_commit(tmp_path: Path) -> None:
    engine = make_ledger(tmp_path / "ledger.sqlite").engine
    with engine.connect() as connection:
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2


def test_only_one_guard_a_location_even_in_one_process(tmp_path: Path) -> None:
    ledger = make_ledger(tmp_path / "ledger.sqlite")
    elsewhere = make_ledger(tmp_path / "ledger.sqlite", crm="https://other.example")

    async def claim() -> None:
        async with (
            Journal(ledger) as journal,
            only_pusher(ledger, journal, "acme") as first,
            only_pusher(ledger, journal, "acme") as second,
            only_pusher(ledger, journal, "bolt") as other_location,
            only_pusher(elsewhere, journal, "acme") as other_crm,
        ):
            assert [first, second, other_location, other_crm] == [True, False, True, True]
        async with Journal(ledger) as journal, only_pusher(ledger, journal, "acme") as again:
            assert again

    asyncio.run(claim())


def test_one_data_folder_keeps_two_crms_apart(tmp_path: Path) -> None:
    """What one sandbox acknowledged is not unchanged for the other."""
    with running_sandbox(wide()) as first, running_sandbox(wide()) as second:
        project = Project(tmp_path, first.url).write(people(16))
        assert project.push()["acme"].created == 16
        project.crm_url = second.url
        report = project.push()["acme"]
        assert (report.created, report.unchanged) == (16, 0)
        for url, crm in ((first.url, first), (second.url, second)):
            project.crm_url = url
            assert project.push()["acme"].unchanged == 16
            assert crm.count() == 16


def test_nothing_readable_is_kept(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        project = Project(tmp_path, crm.url).write(people(3, tags="vip"))
        project.push()
    for path in (project.folder / "data").glob("ledger.sqlite*"):
        content = path.read_bytes()
        for value in (b"p1@acme.example.com", b"+12125550001", b"Last1", b"pit-sandbox"):
            assert value not in content


def test_many_processes_may_open_a_new_ledger_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        opened = [threads.submit(make_ledger, tmp_path / "ledger.sqlite") for _ in range(16)]
        for one in opened:
            one.result().close()


def test_processes_that_start_at_once_agree_on_the_key(tmp_path: Path) -> None:
    for number in range(20):
        path = tmp_path / str(number) / "hash.key"
        with ThreadPoolExecutor(8) as threads:
            assert len(set(threads.map(load_key, [path] * 8))) == 1
        assert [one.name for one in path.parent.iterdir()] == ["hash.key"]
