"""Quiet hours and disabled locations: nothing is sent, nothing is lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from contacts_pipeline.crm import StaticToken
from contacts_pipeline.push import LocationPush, PushSettings, push_locations
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.steps import attention
from tests.push.evidence import upserts
from tests.push.project import Project, people, wide

ACME = {"id": "acme", "burst_limit": 1000, "interval_ms": 1000}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_nobody_is_asked_to_push_a_location_that_is_being_pushed(
    tmp_path: Path, database: str, postgres_url: str
) -> None:
    with running_sandbox(wide("acme", "bolt")) as crm:
        project = Project(tmp_path, crm.url, locations=[ACME, ACME | {"id": "bolt"}])
        if database == "postgresql":
            project.environ = {**project.environ, "CONTACTS_LEDGER_URL": postgres_url}
        sendable = []

        def look(location: str, _done: int, _all: int) -> None:
            assert location == "acme"
            sendable.append(attention(project.workspace).sendable)

        project.write(people(20)).push(progress=look)
        assert sendable[-1] == {"bolt"}
        assert not any("acme" in looked for looked in sendable)
        assert attention(project.workspace).sendable == {"acme", "bolt"}


def hours_around(now: datetime) -> str:
    return f"{now - timedelta(hours=2):%H:%M}-{now + timedelta(hours=2):%H:%M}"


def test_nothing_is_sent_in_the_quiet_hours_and_all_of_it_after_them(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        quiet = ACME | {"quiet_hours": hours_around(datetime.now(UTC)), "timezone": "UTC"}
        project = Project(tmp_path, crm.url, locations=[quiet]).write(people(5))
        report = project.push()["acme"]
        assert (report.status, report.deferred, report.requests) == ("ok", 5, 0)
        assert report.deferred_because == "quiet_hours"
        assert crm.count() == 0
        found = attention(project.workspace)
        assert (set(found.sendable), set(found.unfinished)) == (set(), {"acme"})
        project.locations = [ACME]
        assert project.push()["acme"].created == 5
        found = attention(project.workspace)
        assert (set(found.sendable), set(found.unfinished)) == ({"acme"}, set())


def test_a_push_ends_where_the_quiet_hours_begin_and_the_next_goes_on(tmp_path: Path) -> None:
    slow = SandboxLocation(id="acme", burst_limit=10, interval_ms=1000)
    with running_sandbox(SandboxOptions(locations=(slow,))) as crm:
        project = Project(tmp_path, crm.url).write(people(60))
        workspace = project.prepare()
        project.plan()
        path = project.newest_plan("acme")
        assert path is not None
        push = LocationPush(
            plan=project.header(),
            rows=path,
            access=StaticToken(SecretStr(DEFAULT_TOKEN)),
            token_env="CRM_TOKEN",
            burst_limit=10,
            interval_seconds=1,
            daily_limit=200_000,
            daily_reserve=0,
            max_refuse_share=1,
            quiet_from=datetime.now(UTC) + timedelta(seconds=3),
        )
        settings = PushSettings(crm.url, 10, 0.05, 3)
        with workspace.ledger() as ledger:
            [(_, report)] = push_locations(
                [push], settings, ledger, run_id="first", hash_key=workspace.hash_key
            )
        assert report.status == "ok"
        assert report.deferred_because == "quiet_hours"
        assert 0 < report.created < 60
        assert report.created + report.deferred == 60
        assert report.created == len(crm.contacts("acme"))
        assert project.push_the_plan()["acme"].deferred == 0
        assert len(upserts(crm.log())) == len(crm.contacts("acme")) == 60


def test_a_plan_of_a_location_that_was_disabled_since_is_not_sent(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        project = Project(tmp_path, crm.url).write(people(3))
        project.push(stages=["upsert_plan"])
        project.locations = [ACME | {"enabled": False}]
        workspace = project.prepare()
        assert attention(workspace).sendable == frozenset()
        report = project.push_the_plan()["acme"]
        assert (report.status, report.reason, report.held) == ("held", "location_disabled", 3)
        assert crm.count() == 0
