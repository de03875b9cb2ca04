"""A ledger without room: the push stops, nothing more is sent, and with room it goes on."""

import sqlite3
from pathlib import Path

import pytest

from contacts_pipeline.ledger import LedgerError
from contacts_pipeline.sandbox import running_sandbox
from tests.push.project import Project, people, wide


def intents(path: Path) -> int:
    with sqlite3.connect(path) as con:
        return int(con.execute("select count(*) from requests").fetchone()[0])


@pytest.mark.parametrize("table", ["requests", "outcomes"])
def test_full_disk_stops_the_push_and_nothing_more_is_sent(tmp_path: Path, table: str) -> None:
    room, most_in_flight = 20, 16
    with running_sandbox(wide(latency_ms=20)) as crm:
        project = Project(tmp_path, crm.url).write(people(60))
        project.plan()
        path = project.folder / "data" / "ledger.sqlite"
        with sqlite3.connect(path) as con:
            con.execute(
                f"create trigger full before insert on {table} when (select count(*) from {table}) "
                f">= {room} begin select raise(abort, 'database or disk is full'); end"
            )
        with pytest.raises(
            LedgerError, match=f"disk is full; .*make room on the disk of {path.parent}"
        ):
            project.push_the_plan()
        sent = crm.count("upsert")
        assert 1 <= sent <= room + most_in_flight
        assert intents(path) >= sent, "every request has left its intent"
        with sqlite3.connect(path) as con:
            con.execute("drop trigger full")
        report = project.push()["acme"]
        assert report.created + report.unchanged == 60
        assert len(crm.contacts()) == 60
        assert crm.count("upsert") == 60
