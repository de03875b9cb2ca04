"""The day's requests: what is left of them, a reserve for others, and what has to wait."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from contacts_pipeline.crm import RateLimits
from contacts_pipeline.ledger import day_left, last_pushes, push_times
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.stop import Stopped, StopSignal
from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.steps import standings
from tests.push.evidence import assert_each_there_once
from tests.push.project import Project, people

FAST = {"burst_limit": 1000, "interval_ms": 1000}


def limited(daily_limit: int, **options: Any) -> SandboxOptions:
    return SandboxOptions(
        locations=(
            SandboxLocation.model_validate({"id": "acme", "daily_limit": daily_limit} | FAST),
        ),
        **options,
    )


def acme(folder: Path, crm: RunningSandbox, rows: int, **location: Any) -> Project:
    project = Project(folder, crm.url, locations=[{"id": "acme"} | FAST | location])
    return project.write(people(rows))


@pytest.mark.parametrize(("reserve", "sent"), [(0, 30), (7, 23), (30, 1)])
def test_reserve_is_left_to_others_whatever_the_settings_believe(
    tmp_path: Path, reserve: int, sent: int
) -> None:
    """The registry says 200,000 a day; the headers of a smaller account win."""
    with running_sandbox(limited(30, latency_ms=5)) as crm:
        project = acme(tmp_path, crm, 40, daily_reserve=reserve)
        report = project.push()["acme"]
        assert crm.count() == sent == report.requests
        assert (report.status, report.deferred_because) == ("ok", "daily_budget")
        assert report.rate_limited == 0
        with project.ledger() as ledger:
            left = day_left(ledger, {"acme": 200_000})["acme"]
        assert (left.requests, left.known_from) == (30 - sent, "headers")
        project.plan()
        counts = project.header().counts
        assert (counts.create, counts.update) == (0, 0)
        assert counts.deferred == report.deferred == 40 - sent
        assert project.push_the_plan()["acme"].requests == 0


def test_location_is_as_old_as_what_its_day_has_no_room_for(tmp_path: Path) -> None:
    """A push that leaves contacts to the next is no fault, nor does it make the location fresh."""
    with running_sandbox(limited(30)) as crm:
        project = acme(tmp_path, crm, 20)
        assert project.push()["acme"].created == 20
        (then,) = standings(project.workspace)
        assert (then.status, then.reason, then.told) == ("ok", None, None)
        report = project.write(people(40)).push()["acme"]
        assert (report.status, report.created, report.deferred) == ("ok", 10, 10)
        with project.ledger() as ledger:
            last_good = push_times(ledger)["acme"].last_good
            assert last_good is not None
            assert last_good < last_pushes(ledger)["acme"]["started_at"]
        (now,) = standings(project.workspace, last_good + timedelta(hours=50))
        assert (now.hours, now.status, now.reason) == (50, "ok", "daily_budget")
        assert now.told == "location acme: 10 contacts wait for its next push"


def test_headers_of_a_larger_account_win_over_the_registry(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 16, daily_limit=10)
        project.plan()
        header = project.header()
        assert (header.counts.create, header.counts.deferred) == (10, 6)
        assert header.budget is not None
        assert (header.budget.known_from, header.budget.requests) == ("ledger", 6)
        assert project.push_the_plan()["acme"].created == 16
        assert_each_there_once(crm, people(16))


def test_own_count_that_says_the_day_is_spent_is_asked_after(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 6, daily_limit=4, daily_reserve=4)
        report = project.push()["acme"]
        assert (report.created, report.deferred) == (6, 0), "a header says that 999 are left"


def test_own_count_stands_where_the_crm_says_nothing() -> None:
    async def sent(budget: DailyBudget) -> int:
        async def request() -> bool:
            async with budget.request():
                await asyncio.sleep(0.01)
                budget.observe(RateLimits())
            return True

        ended = await asyncio.gather(*(request() for _ in range(6)), return_exceptions=True)
        assert {type(one) for one in ended} == {bool, Stopped}
        return ended.count(True)

    for counted in (3, 0):
        stop = StopSignal()
        budget = DailyBudget(stop, counted, 0, counted=True)
        assert asyncio.run(sent(budget)) == max(counted, 1), "one asks in any case"
        assert stop.reason == "daily_budget"


def test_every_request_counts_reads_included(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 3)
        project.policy = {"crm_snapshot": "always"}
        project.write(people(3))
        project.plan()
        project.plan()
        with project.ledger() as ledger:
            assert day_left(ledger, {"acme": 1000})["acme"].requests == 1000 - crm.count()
        project.push()
        with project.ledger() as ledger:
            left = day_left(ledger, {"acme": 1000})["acme"]
        assert (left.requests, left.known_from) == (1000 - crm.count(), "headers")


def test_reading_that_the_limits_end_is_not_told_to_check_its_token(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 3)
        project.policy, project.crm = {"crm_snapshot": "always"}, {"max_tries": 1}
        crm.set_faults("429")
        report = project.write(people(3)).push()["acme"]
        assert "see what else sends to the location" in str(report.told)
        assert "check" not in str(report.told)
        assert report.deferred == 3


@pytest.mark.slow
def test_location_that_the_day_does_not_let_read_waits_for_another(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 3)
        project.policy = {"crm_snapshot": "always"}
        crm.set_faults("daily_quota")
        report = project.write(people(3)).push()["acme"]
        assert (report.status, report.reason, report.told) == ("ok", None, None)
        assert (report.deferred_because, report.deferred) == ("daily_budget", 3)
        assert report.conserved
        crm.set_faults()
        code, document, _ = project.push_process()
        assert (code, document["locations"]["acme"]["deferred_because"]) == (0, "daily_budget")


def test_dry_run_that_the_day_does_not_let_read_has_no_plan_and_says_why(tmp_path: Path) -> None:
    with running_sandbox(limited(1000)) as crm:
        project = acme(tmp_path, crm, 3)
        project.policy = {"crm_snapshot": "always"}
        crm.set_faults("daily_quota")
        report = project.write(people(3)).push(stages=["upsert_plan"])["acme"]
        assert (report.status, report.reason) == ("failed", "daily_budget")
        assert "the day's requests are used up" in str(report.told)


def test_location_is_not_read_from_the_reserve(tmp_path: Path) -> None:
    """Three pages of contacts, and no room for all of them: they are read on another day."""
    with running_sandbox(limited(4)) as crm:
        crm.seed_contacts("acme", people(1200))
        project = acme(tmp_path, crm, 3, daily_reserve=2)
        project.policy = {"crm_snapshot": "always"}
        report = project.write(people(3)).push()["acme"]
        assert (report.deferred_because, report.deferred) == ("daily_budget", 3)
        assert (report.requests, crm.count()) == (2, 2)
        again = project.push()["acme"]
        assert (again.deferred_because, again.requests) == ("daily_budget", 0)
        assert crm.count() == 2


def test_list_is_not_read_anew_from_the_reserve(tmp_path: Path) -> None:
    """The plan is made with the list that is there, and the rest waits for another day."""
    with running_sandbox(limited(12)) as crm:
        project = acme(tmp_path, crm, 20, daily_reserve=4)
        project.policy = {"crm_snapshot": "always"}
        first = project.write(people(20)).push()["acme"]
        assert (first.requests, first.deferred_because) == (8, "daily_budget")
        again = project.push()["acme"]
        assert (again.status, again.deferred_because) == ("ok", "daily_budget")
        assert (again.requests, again.deferred) == (0, first.deferred)
        assert crm.count() == 8


def test_what_had_to_wait_goes_first_the_next_day(tmp_path: Path) -> None:
    with running_sandbox(limited(20)) as crm:
        project = acme(tmp_path, crm, 24, daily_limit=20)
        report = project.push()["acme"]
        assert (report.created, report.deferred) == (20, 4)
        waiting = {
            row["identity"]
            for path in project.workspace.snapshots.rglob("upsert_outcomes/*/acme-*.parquet")
            for row in pq.read_table(path).to_pylist()
            if row["state"] == "deferred"
        }
    rows = [
        *people(24),
        *people(40, updated_at="2026-02-01T00:00:00Z")[24:],
    ]
    with running_sandbox(limited(20)) as crm:
        project.write(rows).plan()
        order = [row["identity"] for row in project.planned_rows() if row["action"] == "create"]
        assert set(order[:4]) == waiting
        assert len(order) == 20
