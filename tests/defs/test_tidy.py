"""What is removed when it is old, and what never is: how a location stands, what a plan needs."""

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from contacts_pipeline import steps
from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.defs.tidy import forget_runs
from contacts_pipeline.ledger import last_pushes, record_push, utc_now
from tests.defs.test_checks import OFFLINE
from tests.projects import Project, people

NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def plan(instance: dg.DagsterInstance, *locations: str) -> str:
    outcome = run_locations(instance, "plan", locations, force=False, progress=lambda *_: None)
    return outcome.run_id


def standing(instance: dg.DagsterInstance) -> dict[str, str]:
    key, partitions = (
        dg.AssetKey("upsert_plan"),
        dg.DynamicPartitionsDefinition(name="crm_locations"),
    )
    names = instance.get_dynamic_partitions("crm_locations")
    found = instance.get_status_by_partition(key, names, partitions) or {}
    return {name: state.value for name, state in found.items() if state}


@pytest.mark.slow
def test_runs_are_forgotten_but_not_those_that_say_how_a_location_stands(project: Project) -> None:
    project.write(people("acme", 1) + people("bolt", 1), OFFLINE)
    with dg.DagsterInstance.ephemeral() as instance:
        refresh(instance)
        (first,) = [run.run_id for run in instance.get_runs()]
        both = plan(instance, "acme", "bolt")
        acme_alone = plan(instance, "acme")
        project.registry["core"]["enabled"] = "no"
        project.write(people("acme", 1), OFFLINE)
        refresh(instance)
        refused = plan(instance, "core")
        before = standing(instance)
        assert before == {"acme": "MATERIALIZED", "bolt": "MATERIALIZED", "core": "FAILED"}
        assert forget_runs(instance, NEVER) == 0
        assert forget_runs(instance, datetime.now(UTC) + timedelta(days=1)) == 1
        left = {run.run_id for run in instance.get_runs()}
        assert first not in left
        assert {both, acme_alone, refused} <= left
        assert standing(instance) == before
        assert forget_runs(instance, datetime.now(UTC) + timedelta(days=1)) == 0


def test_pushes_are_forgotten_by_the_job_but_for_the_last(project: Project) -> None:
    project.write(people("acme", 1), OFFLINE + "retention: {run_days: 0.000001}\n")
    with project.workspace().ledger() as ledger:
        for run_id in ("first", "second", "third"):
            record_push(
                ledger,
                "acme",
                run_id,
                plan_id=None,
                started_at=utc_now(),
                status="ok",
                reason=None,
                report={},
            )
    time.sleep(0.1)
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_definitions().resolve_job_def("tidy")
        assert job.execute_in_process(instance=instance).success
    with project.workspace().ledger() as ledger:
        left = {run for run in ("first", "second", "third") if last_pushes(ledger, run_id=run)}
    assert left == {"third"}


@pytest.mark.slow
def test_old_plans_of_a_location_that_is_disabled_are_removed_by_the_job(project: Project) -> None:
    settings = OFFLINE + "retention: {snapshot_days: 10}\n"
    project.write(people("acme", 1) + people("bolt", 1), settings)
    with dg.DagsterInstance.ephemeral() as instance:
        refresh(instance)
        plan(instance, "acme", "bolt")
        project.registry["bolt"]["enabled"] = "no"
        project.write(people("acme", 1), settings)
        refresh(instance)
        kept = _files(project)
        assert steps.remove_old_snapshots(project.workspace(), 10) == 0
        assert _files(project) == kept
        for file in kept:
            os.utime(file, (0, 0))
        job = build_definitions().resolve_job_def("tidy")
        assert job.execute_in_process(instance=instance).success
        assert _files(project) == {file for file in kept if "acme" in str(file)}


def _files(project: Project) -> set[Path]:
    folder = project.workspace().snapshots / "upsert_plan"
    return {file for file in folder.rglob("*") if file.is_file()}
