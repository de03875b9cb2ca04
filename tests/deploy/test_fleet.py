"""A fleet by deploy/'s own files: PostgreSQL, Redis, two Celery workers, daemon and webserver."""

import random
import sys
from collections import Counter

import pytest

from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.dagster_dev import STAGES
from tests.deploy.fleet import WORKERS, Fleet, running_fleet
from tests.projects import Project, people, sandbox_locations

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

NAMES = [f"loc{number}" for number in range(8)]
CONTACTS = 12
MOST_IN_FLIGHT = 16  # of a location


@pytest.fixture
def crm(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> RunningSandbox:
    """A CRM, and a project with some contacts for each of its locations."""
    crm = crm_sandbox(*sandbox_locations(*NAMES, burst_limit=20, interval_ms=10_000))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv("CONTACTS_LOCATIONS_PER_RUN", "2")
    project.registry = {name: {"country": "US"} for name in NAMES}
    rows = [row for name in NAMES for row in people(name, CONTACTS)]
    for number, row in enumerate(rows):
        row["phone"] = f"+1 212 555 {number:04}"
    project.write(rows)
    return crm


def test_two_workers_share_a_backfill_and_write_each_contact_once(
    project: Project, crm: RunningSandbox, postgres_server: str
) -> None:
    with running_fleet(project.folder, postgres_server) as fleet:
        assert fleet.dagster.run_job("refresh") == "SUCCESS"
        status, counts = fleet.dagster.backfill(NAMES)
        assert status == "COMPLETED_SUCCESS"
        assert counts == dict.fromkeys(STAGES, (len(NAMES), 0))
        taken = Counter(
            fleet.worker_of(run) for run in fleet.dagster.runs() if run["jobName"] != "refresh"
        )
        assert taken.total() == len(NAMES) // 2
        assert set(taken) == set(WORKERS)
    assert set(written(crm).values()) == {1}
    assert len(written(crm)) == CONTACTS * len(NAMES)
    assert not list(project.data.rglob("*.sqlite*"))


def test_a_run_whose_worker_is_killed_is_finished_by_the_other(
    project: Project, crm: RunningSandbox, postgres_server: str
) -> None:
    seed = random.randrange(1_000)
    upserts = random.Random(seed).randint(1, CONTACTS * len(NAMES) // 2)
    sys.stdout.write(f"seed {seed}: killed after {upserts} upserts\n")
    with running_fleet(project.folder, postgres_server) as fleet:
        assert fleet.dagster.run_job("refresh") == "SUCCESS"
        first = fleet.dagster.launch(
            "push", asset_partition_range_start=NAMES[0], asset_partition_range_end=NAMES[-1]
        )
        fleet.dagster.until(lambda: crm.count("upsert") > 0)
        lost = took(fleet, first)
        fleet.dagster.until(lambda: crm.count("upsert") >= upserts)
        fleet.kill(lost)
        assert 0 < len(written(crm)) < CONTACTS * len(NAMES)
        fleet.dagster.until(
            lambda: fleet.dagster.partitions("upsert_outcomes").materialized == set(NAMES)
        )
        fleet.dagster.until(fleet.dagster.is_idle)
        statuses = {run["runId"]: run["status"] for run in fleet.dagster.runs()}
        assert statuses.pop(first) == "FAILURE"
        assert set(statuses.values()) == {"SUCCESS"}
        assert {took(fleet, run) for run in statuses} - {lost}
    assert len(written(crm)) == CONTACTS * len(NAMES)
    assert all(len(crm.contacts(name)) == CONTACTS for name in NAMES)
    again = sum(times - 1 for times in written(crm).values())
    sys.stdout.write(f"written again: {again}\n")
    assert again <= MOST_IN_FLIGHT * len(NAMES)


def took(fleet: Fleet, run_id: str) -> str:
    """The worker that took the run."""
    return next(fleet.worker_of(run) for run in fleet.dagster.runs() if run["runId"] == run_id)


def written(crm: RunningSandbox) -> Counter[str]:
    """How often each contact was written, by the server's own log."""
    return Counter(
        entry["contact_id"] for entry in crm.log() if entry["applied"] and entry["contact_id"]
    )
