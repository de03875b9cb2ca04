"""Processes lost in the middle of a backfill under the real daemon: nothing is lost, it goes on."""

import os
import random
import signal
import sys

import pytest

from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.backfill import (
    CONTACTS,
    MOST_IN_FLIGHT,
    NAMES,
    lay_down,
    until_healed,
    until_sent,
    write,
)
from tests.defs.dagster_dev import STAGES, child_of, dagster_dev
from tests.projects import Project
from tests.push.evidence import sent_again, upserts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_a_killed_run_and_a_killed_daemon_lose_nothing(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chosen = random.Random(seed)
    counts = [chosen.randint(5, 2 * CONTACTS) for _ in range(2)]
    sys.stdout.write(f"seed {seed}: killed after {counts} upserts\n")
    crm = lay_down(project, crm_sandbox, monkeypatch)
    with dagster_dev(project.folder) as (dagster, _):
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.start_backfill(NAMES)
        until_sent(dagster, crm, counts[0])
        (victim, *_) = [run for run in dagster.runs() if run["status"] == "STARTED"]
        os.kill(dagster.process_of(victim["runId"]), signal.SIGKILL)
        until_healed(dagster, crm, "New York")
        dagster.until(dagster.is_idle)
        (lost,) = [run for run in dagster.runs() if run["runId"] == victim["runId"]]
        assert lost["status"] == "FAILURE"
        again = sent_again(crm.log())
        sys.stdout.write(f"sent again after the run was killed: {again.total()}\n")
        assert again.total() <= 2 * MOST_IN_FLIGHT

    write(project, "Boston")
    before = len(upserts(crm.log()))
    with dagster_dev(project.folder) as (dagster, process):
        assert dagster.run_job("refresh") == "SUCCESS"
        backfill = dagster.start_backfill(NAMES)
        until_sent(dagster, crm, counts[1], before)
        os.kill(child_of(process.pid, "dagster._daemon"), signal.SIGKILL)
        process.wait(60)
    with dagster_dev(project.folder) as (dagster, _):
        until_healed(dagster, crm, "Boston")
        status, counted = dagster.end_of_backfill(backfill)
        assert status in {"COMPLETED_SUCCESS", "COMPLETED_FAILED"}
        assert {sum(both) for both in counted.values()} == {len(NAMES)}
        dagster.until(dagster.is_idle)
        assert dagster.partitions(STAGES[-1]).materialized == set(NAMES)
