"""The pace, judged by the sandbox's log: no 429 of our own making, and the limit made use of."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest

from contacts_pipeline import steps
from contacts_pipeline.crm import RateLimits
from contacts_pipeline.push.pace import MOST_BACKOFFS_IN_A_ROW, Pace
from contacts_pipeline.push.slots import MOST_ROWS_IN_FLIGHT
from contacts_pipeline.push.stop import StopSignal
from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
)
from contacts_pipeline.sandbox import running_sandbox as running
from tests.push.project import Project, people

CONFIGURED = {"id": "acme", "burst_limit": 20, "interval_ms": 500}
SHORT = {"id": "acme", "burst_limit": 1000, "interval_ms": 1}  # so back-offs are short as well


def options(burst: int, milliseconds: int, **given: Any) -> SandboxOptions:
    location = SandboxLocation(id="acme", burst_limit=burst, interval_ms=milliseconds)
    return SandboxOptions(locations=(location,), **given)


@pytest.mark.parametrize("window", ["fixed", "sliding"])
def test_no_429_of_its_own_making(tmp_path: Path, window: Literal["fixed", "sliding"]) -> None:
    with running(options(20, 1000, window=window, latency_ms=20)) as crm:
        configured = CONFIGURED | {"interval_ms": 1000}
        project = Project(tmp_path, crm.url, locations=[configured]).write(people(60))
        report = project.push()["acme"]
        assert (report.created, report.rate_limited, crm.count("status_429")) == (60, 0, 0)


@pytest.mark.slow
def test_lower_limit_of_a_trial_account_is_learnt_from_the_first_answer(tmp_path: Path) -> None:
    """25 in 10 s, where the settings say four times as much."""
    with running(options(25, 10_000, window="sliding", latency_ms=50)) as crm:
        configured = {"id": "acme", "burst_limit": 100, "interval_ms": 10_000}
        project = Project(tmp_path, crm.url, locations=[configured]).write(people(30))
        assert project.push()["acme"].rate_limited == 0
        assert crm.count("status_429") == 0


def test_one_request_is_in_flight_before_the_first_answer(tmp_path: Path) -> None:
    """A reset is no answer, and a page of the edge tells no limits: both are waited for."""
    reset = Fault(kind=FaultKind.RESET, times=1)
    page = Fault(kind=FaultKind.HTML, times=1)
    with running(options(1000, 1000, latency_ms=300)) as crm:
        crm.set_faults(reset, page)
        configured = {"id": "acme", "burst_limit": 1000, "interval_ms": 1000}
        project = Project(
            tmp_path, crm.url, locations=[configured], crm={"settle_seconds": 1}
        ).write(people(60))
        assert project.push()["acme"].created == 60
        first = [entry["time"] for entry in crm.log()][:4]
        assert all(later - earlier >= 0.15 for earlier, later in pairwise(first))


@pytest.mark.parametrize("used", [10, 19])
def test_what_is_used_up_already_draws_no_429(tmp_path: Path, used: int) -> None:
    """By the run before, or by who else shares the location's limit: it still counts."""
    with running(options(20, 1500, window="sliding")) as crm:
        configured = {"id": "acme", "burst_limit": 20, "interval_ms": 1500}
        project = Project(tmp_path, crm.url, locations=[configured]).write(people(16))
        project.plan()
        for number in range(used):
            crm.upsert(email=f"other{number}@example.com")
        assert project.push_the_plan()["acme"].created == 16
        assert crm.count("status_429") == 0


@pytest.mark.slow
def test_run_right_after_another_draws_no_429(tmp_path: Path) -> None:
    with running(options(20, 1500, window="sliding")) as crm:
        configured = {"id": "acme", "burst_limit": 20, "interval_ms": 1500}
        project = Project(tmp_path, crm.url, locations=[configured]).write(people(16))
        for folder in ("first", "second"):
            project.data = folder
            project.plan()
        for folder in ("first", "second"):
            project.data = folder
            project.push_the_plan()
        assert crm.count("upsert") == 32
        assert crm.count("status_429") == 0


@pytest.mark.parametrize("retry_after", [True, False])
def test_limits_that_others_use_up_are_waited_for(tmp_path: Path, *, retry_after: bool) -> None:
    with running(options(20, 500, retry_after=retry_after)) as crm:
        crm.set_faults(Fault(kind=FaultKind.TOO_MANY, rate=0.1), seed=3)
        project = Project(tmp_path, crm.url, locations=[CONFIGURED]).write(people(16))
        report = project.push()["acme"]
        assert report.created == 16
        assert report.rate_limited == report.retries == crm.count("status_429") > 0


@pytest.mark.parametrize("body", ["json", "html"])
def test_429_for_good_stops_the_location_and_defers_the_rest(
    tmp_path: Path, body: Literal["json", "html"]
) -> None:
    with running(options(1000, 1, rules=SandboxRules(limited_body=body))) as crm:
        project = Project(tmp_path, crm.url, locations=[SHORT]).write(people(100))
        crm.set_faults("429")
        report = project.push()["acme"]
        assert (report.status, report.reason) == ("failed", "rate_limited")
        assert (report.deferred, report.failed, report.unknown) == (100, 0, 0)
        most = (MOST_BACKOFFS_IN_A_ROW + 1) * MOST_ROWS_IN_FLIGHT
        assert report.requests == report.rate_limited == crm.count() <= most
        assert "see what else sends to the location" in str(report.told)
        assert steps.attention(project.workspace).held == frozenset(), "the retry takes it up"
        crm.set_faults()
        assert project.push()["acme"].created == 100


def test_429s_between_other_answers_stop_nothing(tmp_path: Path) -> None:
    with running(options(1000, 1)) as crm:
        project = Project(tmp_path, crm.url, locations=[SHORT]).write(people(20))
        some = ["429"] * MOST_BACKOFFS_IN_A_ROW
        crm.script_faults(*some, None, *some, None, *some)
        report = project.push()["acme"]
        assert (report.status, report.created) == ("ok", 20)
        assert report.rate_limited == 3 * MOST_BACKOFFS_IN_A_ROW


def test_retry_after_of_many_minutes_stops_the_location_at_once(tmp_path: Path) -> None:
    with running(options(1, 600_000, retry_after=True)) as crm:
        project = Project(tmp_path, crm.url, locations=[CONFIGURED]).write(people(16))
        crm.upsert(email="other@example.com")
        report = project.push()["acme"]
        assert (report.status, report.reason) == ("failed", "rate_limited")
        assert (report.requests, report.deferred, report.failed) == (1, 16, 0)
        assert "wants no request for " in str(report.told)


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time is set ahead."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def test_retry_after_of_some_minutes_is_obeyed() -> None:
    async def wait_for_a_turn() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Clock)
        pace = Pace(StopSignal(), 100, 10)
        assert pace.back_off(RateLimits(retry_after_seconds=200)) is None
        waiting = asyncio.create_task(pace.turn().__aenter__())
        for ahead, let_go in ((199, False), (251, True)):
            loop.ahead = ahead
            await asyncio.sleep(0.05)
            assert waiting.done() is let_go

    with asyncio.Runner(loop_factory=Clock) as runner:
        runner.run(wait_for_a_turn())
