"""Processes lost in the middle of a backfill under the real daemon: nothing is lost, it goes on.

What happened is read from the sandbox's log and state, never from our own ledger.
"""

import os
import random
import signal
import sys
from collections import Counter

import pytest
import yaml

from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.dagster_dev import STAGES, Dagster, child_of, dagster_dev, place_instance
from tests.projects import SETTINGS, Project, people, sandbox_locations
from tests.push.project import sent_again, upserts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

NAMES = ("ash", "birch", "cedar", "dogwood")
CONTACTS = 40
MOST_IN_FLIGHT = 16
"""Rows of a location between a committed intent and its answer: these alone may go twice."""
AUTOMATION = "automation: {retry: '* * * * *', tick_seconds: 2}\n"
PATIENT = {
    "run_monitoring": {"poll_interval_seconds": 3, "free_slots_after_run_end_seconds": 5},
    "run_coordinator": {"config": {"dequeue_interval_seconds": 1}},
}


@pytest.fixture
def served(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    place_instance(project.folder)
    path = project.folder / "dagster.yaml"
    settings = yaml.safe_load(path.read_text())
    settings["run_monitoring"] |= PATIENT["run_monitoring"]
    settings["run_coordinator"] |= PATIENT["run_coordinator"]
    path.write_text(yaml.safe_dump(settings))
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.setenv("CONTACTS_LOCATIONS_PER_RUN", "2")
    project.registry = {name: {"country": "US"} for name in NAMES}
    return project


def write(project: Project, city: str) -> None:
    rows = [row for name in NAMES for row in people(name, CONTACTS, city=city)]
    for number, row in enumerate(rows):
        row["phone"] = f"+1 212 555 {number:04}"
    project.write(rows, SETTINGS + AUTOMATION)


def until_sent(dagster: Dagster, crm: RunningSandbox, upserts_more: int, before: int) -> None:
    """Wait until the CRM's own log says that so many more arrived."""
    dagster.until(lambda: len(upserts(crm.log())) >= before + upserts_more, seconds=0.05)


def until_healed(dagster: Dagster, crm: RunningSandbox, city: str) -> None:
    """Until every location is materialised and the CRM holds every contact as it should be."""

    def is_so() -> bool:
        state = dagster.partitions("contact_upserts")
        held = [contact["city"] for name in NAMES for contact in crm.contacts(name)]
        whole = len(held) == CONTACTS * len(NAMES) and set(held) == {city}
        return whole and state.materialized == set(NAMES) and not state.failed

    dagster.until(is_so)
    emails = Counter((name, one["email"]) for name in NAMES for one in crm.contacts(name))
    assert set(emails.values()) == {1}


def test_a_killed_run_and_a_killed_daemon_lose_nothing(
    served: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chosen = random.Random(seed)
    counts = [chosen.randint(5, 2 * CONTACTS) for _ in range(2)]
    sys.stdout.write(f"seed {seed}: killed after {counts} upserts\n")
    crm = crm_sandbox(*sandbox_locations(*NAMES, burst_limit=10), latency_ms=100)
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    write(served, "New York")
    with dagster_dev(served.folder) as (dagster, _):
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.start_backfill(NAMES)
        until_sent(dagster, crm, counts[0], 0)
        (victim, *_) = [run for run in dagster.runs() if run["status"] == "STARTED"]
        os.kill(dagster.process_of(victim["runId"]), signal.SIGKILL)
        until_healed(dagster, crm, "New York")
        dagster.until(dagster.is_idle)
        (lost,) = [run for run in dagster.runs() if run["runId"] == victim["runId"]]
        assert lost["status"] == "FAILURE"
        again = sent_again(crm.log())
        sys.stdout.write(f"sent again after the run was killed: {again.total()}\n")
        assert again.total() <= 2 * MOST_IN_FLIGHT

    write(served, "Boston")
    before = len(upserts(crm.log()))
    with dagster_dev(served.folder) as (dagster, process):
        assert dagster.run_job("refresh") == "SUCCESS"
        backfill = dagster.start_backfill(NAMES)
        until_sent(dagster, crm, counts[1], before)
        os.kill(child_of(process.pid, "dagster._daemon"), signal.SIGKILL)
        process.wait(60)
    with dagster_dev(served.folder) as (dagster, _):
        until_healed(dagster, crm, "Boston")
        status, counted = dagster.end_of_backfill(backfill)
        assert status in {"COMPLETED_SUCCESS", "COMPLETED_FAILED"}
        assert {sum(both) for both in counted.values()} == {len(NAMES)}
        dagster.until(dagster.is_idle)
        assert dagster.partitions(STAGES[-1]).materialized == set(NAMES)
