"""Locations are told of as they end, while the others' push goes on."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from pathlib import Path

import pytest

from contacts_pipeline import steps
from contacts_pipeline.ledger import LedgerError, schema
from contacts_pipeline.push.beside import run_beside
from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.push.evidence import assert_each_there_once, assert_ledger_equals, sent_again
from tests.push.project import Project, people

ROWS = [*people(3), *people(60, "bolt")]


@pytest.fixture
def uneven(tmp_path: Path) -> Iterator[tuple[RunningSandbox, Project]]:
    """A location of three contacts, and one whose sixty take seconds."""
    slow = SandboxLocation(id="bolt", burst_limit=10, interval_ms=1000)
    options = SandboxOptions(locations=(SandboxLocation(id="acme"), slow))
    with running_sandbox(options) as crm:
        pace = {"burst_limit": 10, "interval_ms": 1000}
        yield (
            crm,
            Project(tmp_path, crm.url, [{"id": one.id, **pace} for one in options.locations]).write(
                ROWS
            ),
        )


def advanced(project: Project) -> Iterator[tuple[str, steps.Step]]:
    return steps.advance(
        project.prepare(), ["acme", "bolt"], "run", stages={"upsert_plan", "contact_upserts"}
    )


def test_a_location_is_told_of_while_another_is_pushed(
    uneven: tuple[RunningSandbox, Project],
) -> None:
    crm, project = uneven
    ends = [
        (name, crm.count("upsert"))
        for name, step in advanced(project)
        if isinstance(step, steps.Pushed)
    ]
    assert [name for name, _ in ends] == ["acme", "bolt"]
    assert ends[0][1] < ends[1][1] == len(ROWS)


def test_closing_finishes_what_is_in_flight_and_the_next_push_goes_on(
    uneven: tuple[RunningSandbox, Project],
) -> None:
    crm, project = uneven
    reached = advanced(project)
    assert next(name for name, step in reached if isinstance(step, steps.Pushed)) == "acme"
    assert isinstance(reached, Generator)
    reached.close()
    sent = crm.count("upsert")
    assert 3 < sent < len(ROWS)
    report = project.push()["bolt"]
    assert (report.unchanged, report.created) == (sent - 3, len(ROWS) - sent)
    assert not sent_again(crm.log())
    assert_each_there_once(crm, ROWS)
    assert_ledger_equals(crm, project)


def test_closing_tells_that_the_ledger_failed_meanwhile(
    uneven: tuple[RunningSandbox, Project],
) -> None:
    _, project = uneven
    reached = advanced(project)
    assert next(name for name, step in reached if isinstance(step, steps.Pushed)) == "acme"
    with project.ledger() as ledger, ledger.writing() as connection:
        schema.pushes.drop(connection)
    assert isinstance(reached, Generator)
    with pytest.raises(LedgerError):
        reached.close()


class Work:
    """Hands over 1, goes on until it is told to stop, then hands over 2."""

    def __init__(self, error: Exception | None = None) -> None:
        self.told, self.ended, self._error = asyncio.Event(), False, error

    async def run(self, hand_over: Callable[[int], None]) -> None:
        hand_over(1)
        await self.told.wait()
        await asyncio.sleep(0.05)
        hand_over(2)
        self.ended = True
        if self._error:
            raise self._error


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_tells_the_work_to_stop_and_its_end_is_waited_for(number: int) -> None:
    work = Work()
    before = signal.getsignal(number)
    given = run_beside(work.run, work.told.set)
    assert next(given) == 1
    assert signal.getsignal(number) is before
    threading.Timer(0.1, os.kill, (os.getpid(), number)).start()
    assert list(given) == [2]
    assert work.ended


def test_a_signal_while_the_loop_is_closed_breaks_nothing(
    before: Callable[[int, object], None],
) -> None:
    closed: list[bool] = []

    async def interrupts_the_close() -> AsyncIterator[None]:
        try:
            yield
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.01)
            closed.append(True)

    left = interrupts_the_close()

    async def work(hand_over: Callable[[int], None]) -> None:
        await anext(left)
        hand_over(1)

    assert list(run_beside(work, lambda: None)) == [1]
    assert closed
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def before() -> Iterator[Callable[[int, object], None]]:
    """A handler that raises, as Dagster's does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise InterruptedError

    replaced = signal.signal(signal.SIGTERM, interrupt)
    yield interrupt
    signal.signal(signal.SIGTERM, replaced)


def test_closing_tells_the_work_to_stop_and_waits_for_its_end() -> None:
    work = Work()
    given = run_beside(work.run, work.told.set)
    assert next(given) == 1
    assert isinstance(given, Generator)
    given.close()
    assert work.ended


def test_an_error_of_the_work_comes_after_all_that_it_handed_over() -> None:
    work = Work(ValueError("told"))
    work.told.set()
    found: list[int] = []
    with pytest.raises(ValueError, match="told"):
        found.extend(run_beside(work.run, work.told.set))
    assert found == [1, 2]
