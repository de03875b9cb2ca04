"""A failed run is told once, unless the locations that failed in it are told themselves."""

import warnings
from functools import cache

import dagster as dg
import pytest

from contacts_pipeline.alerts import AlertError
from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.webhook import Webhook
from tests.projects import SETTINGS, Project, people, sandbox_locations

TOLD = SETTINGS + "alerts: {webhook_env: HOOK}\n"


@pytest.fixture
def oncall(project: Project, webhook: Webhook, monkeypatch: pytest.MonkeyPatch) -> Webhook:
    """Who is told, by settings that are ``TOLD``."""
    assert project.folder.exists()  # made first, as it clears the environment
    monkeypatch.setenv("HOOK", webhook.url)
    return webhook


@cache
def failure_sensor() -> dg.RunStatusSensorDefinition:
    sensor = build_definitions().get_repository_def().get_sensor_def("run_failed")
    assert isinstance(sensor, dg.RunStatusSensorDefinition)
    return sensor


def tell_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> None:
    """What the daemon does at a failed run."""
    (event,) = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.RUN_FAILURE
    ).records
    failure = event.event_log_entry.dagster_event
    assert failure is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        context = dg.build_run_status_sensor_context(
            "run_failed", failure, instance, run
        ).for_run_failure()
    failure_sensor()(context)


@dg.op
def location_upserts() -> None:
    """A step of a process that will be lost."""


@dg.job(name="push")
def lost_push() -> None:
    location_upserts()


def lost_run(instance: dg.DagsterInstance, *, will_retry: str) -> dg.DagsterRun:
    """A push whose process was lost."""
    run = instance.create_run_for_job(lost_push, tags={"dagster/will_retry": will_retry})
    instance.report_run_failed(run)
    return instance.get_runs(limit=1)[0]


def run_of(instance: dg.DagsterInstance, job: str, *locations: str) -> dg.DagsterRun:
    run_locations(instance, job, locations, force=False, progress=lambda *_: None)
    return instance.get_runs(limit=1)[0]


@pytest.mark.slow
def test_a_failure_that_nobody_was_told_of_does_not_silence_the_next(
    project: Project, instance: dg.DagsterInstance, oncall: Webhook
) -> None:
    project.registry["bolt"]["token_env"] = "NO_TOKEN"
    project.write(people("bolt", 1), TOLD)
    refresh(instance)
    tell_of(instance, run_of(instance, "push", "bolt"))
    tell_of(instance, lost_run(instance, will_retry="true"))
    assert oncall.posted == []
    tell_of(instance, lost_run(instance, will_retry="false"))
    assert len(oncall.posted) == 1
    tell_of(instance, run_of(instance, "push", "bolt"))
    tell_of(instance, lost_run(instance, will_retry="false"))
    assert len(oncall.posted) == 1


@pytest.mark.slow
def test_a_failed_run_that_could_not_be_told_is_told_at_its_jobs_next_failure(
    project: Project, instance: dg.DagsterInstance, oncall: Webhook
) -> None:
    project.write(people("acme", 1), TOLD)
    oncall.status = 503
    with pytest.raises(AlertError, match="the webhook answers 503"):
        tell_of(instance, lost_run(instance, will_retry="false"))
    oncall.status = 200
    oncall.posted.clear()
    told, silent = (lost_run(instance, will_retry="false") for _ in range(2))
    tell_of(instance, told)
    tell_of(instance, silent)
    assert [one["text"] for one in oncall.posted] == [f"run {told.run_id} of push failed"]


@pytest.mark.slow
def test_a_plan_that_could_not_be_made_is_told_with_its_location(
    project: Project, instance: dg.DagsterInstance, oncall: Webhook
) -> None:
    project.registry["bolt"]["token_env"] = "NO_TOKEN"
    project.write(people("bolt", 1), TOLD)
    refresh(instance)
    tell_of(instance, run_of(instance, "plan", "bolt"))
    (told,) = oncall.posted
    assert "bolt: failed, token_missing. location bolt: NO_TOKEN is not set" in told["lines"][2]


@dg.op
def older_step() -> None:
    reports = {"bolt": LocationReport(status="failed", reason="token_missing").model_dump()}
    raise dg.Failure("bolt", metadata={"failed": reports, "not_written_back": {}})


@dg.job(name="plan")
def older_plan() -> None:
    older_step()


def test_a_run_that_failed_before_the_pipeline_was_updated_is_told(
    project: Project, instance: dg.DagsterInstance, oncall: Webhook
) -> None:
    project.write([], TOLD)
    older_plan.execute_in_process(instance=instance, raise_on_error=False)
    tell_of(instance, instance.get_runs(limit=1)[0])
    (told,) = oncall.posted
    assert told["lines"][2] == "Step older_step: Failure"


@pytest.mark.slow
def test_outcomes_that_are_not_written_back_are_told_with_their_location(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    oncall: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_BASE_URL", crm_sandbox(*sandbox_locations("acme")).url)
    (project.folder / "analysts").write_text("in the way of a folder")
    project.write(people("acme", 1), TOLD + "write_back: {url: analysts}\n")
    refresh(instance)
    tell_of(instance, run_of(instance, "push", "acme"))
    (told,) = oncall.posted
    assert told["lines"][2].startswith("acme: failed, not_written_back. ")


@pytest.mark.slow
def test_a_failed_run_is_told_once_until_one_succeeds(
    project: Project, instance: dg.DagsterInstance, oncall: Webhook
) -> None:
    bad = TOLD.replace("city: city", "city: town")
    for settings in (bad, bad, TOLD, bad):
        project.write(people("acme", 1), settings)
        if settings is TOLD:
            refresh(instance)
            continue
        with pytest.raises(WarehouseError):
            refresh(instance)
        tell_of(instance, instance.get_runs(limit=1)[0])
    assert [told["event"] for told in oncall.posted] == ["run_failed"] * 2
    assert "Step warehouse_contacts: WarehouseError" in oncall.posted[0]["lines"]
