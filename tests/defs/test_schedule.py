"""The refresh by the clock, which never overtakes one that still runs."""

import uuid
from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from contacts_pipeline.defs import build_definitions
from tests.projects import SETTINGS, Project, people

SIX_IN_BERLIN = "automation: {refresh: 0 6 * * *, timezone: Europe/Berlin}\n"
DUE = datetime(2026, 7, 1, 4, tzinfo=UTC)
S = dg.DagsterRunStatus


@pytest.fixture(autouse=True)
def automated(project: Project) -> None:
    project.write(people("acme", 1), SETTINGS + SIX_IN_BERLIN)


def evaluate(instance: dg.DagsterInstance) -> dg.RunRequest | str | None:
    """What the schedule asks for when it is due, or why it asks for nothing."""
    schedule = build_definitions().resolve_schedule_def("refresh_schedule")
    with dg.build_schedule_context(instance, scheduled_execution_time=DUE) as context:
        found = schedule.evaluate_tick(context)
    return found.run_requests[0] if found.run_requests else found.skip_message


def run_of(instance: dg.DagsterInstance, job: str, status: dg.DagsterRunStatus) -> str:
    code = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("contacts"), "pipeline")
    run = dg.DagsterRun(
        job_name=job,
        run_id=str(uuid.uuid4()),
        status=status,
        remote_job_origin=RemoteJobOrigin(code, job),
    )
    return instance.add_run(run).run_id


@pytest.mark.parametrize("status", [S.QUEUED, S.NOT_STARTED, S.STARTING, S.STARTED])
def test_a_refresh_that_still_runs_is_not_overtaken(
    instance_on_disk: dg.DagsterInstance, status: dg.DagsterRunStatus
) -> None:
    run_id = run_of(instance_on_disk, "refresh", status)
    assert evaluate(instance_on_disk) == f"the refresh {run_id} still runs"


def test_a_refresh_is_asked_for_once_a_moment_when_none_runs(
    instance_on_disk: dg.DagsterInstance,
) -> None:
    run_of(instance_on_disk, "refresh", S.SUCCESS)
    run_of(instance_on_disk, "refresh", S.FAILURE)
    run_of(instance_on_disk, "plan", S.STARTED)
    asked = evaluate(instance_on_disk)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "2026-07-01T04:00:00+00:00"
