"""A failed run is told once, unless the locations that failed in it are told themselves."""

import warnings
from functools import cache

import dagster as dg
import pytest

from contacts_pipeline.alerts import AlertError
from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh
from contacts_pipeline.errors import WarehouseError
from tests.defs.webhook import Webhook
from tests.projects import SETTINGS, Project, people


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


@dg.op(name="location_upserts")
def failing_location() -> None:
    raise dg.Failure("bolt: token_refused", allow_retries=False)


@dg.job(name="push")
def failing_push() -> None:
    failing_location()


def lost_run(instance: dg.DagsterInstance, *, will_retry: str) -> dg.DagsterRun:
    """A push whose process was lost."""
    run = instance.create_run_for_job(failing_push, tags={"dagster/will_retry": will_retry})
    instance.report_run_failed(run)
    return instance.get_runs(limit=1)[0]


def location_failure(instance: dg.DagsterInstance) -> dg.DagsterRun:
    """A run of the job push that fails for a location's own reason."""
    failing_push.execute_in_process(instance=instance, raise_on_error=False)
    return instance.get_runs(limit=1)[0]


def test_a_failure_that_nobody_was_told_of_does_not_silence_the_next(
    project: Project,
    instance: dg.DagsterInstance,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", webhook.url)
    project.write(people("acme", 1), SETTINGS + "alerts: {webhook_env: HOOK}\n")
    tell_of(instance, location_failure(instance))
    tell_of(instance, lost_run(instance, will_retry="true"))
    assert webhook.posted == []
    tell_of(instance, lost_run(instance, will_retry="false"))
    assert len(webhook.posted) == 1
    tell_of(instance, location_failure(instance))
    tell_of(instance, lost_run(instance, will_retry="false"))
    assert len(webhook.posted) == 1


def test_a_failed_run_that_could_not_be_told_is_told_at_its_jobs_next_failure(
    project: Project,
    instance: dg.DagsterInstance,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", webhook.url)
    project.write(people("acme", 1), SETTINGS + "alerts: {webhook_env: HOOK}\n")
    webhook.status = 503
    with pytest.raises(AlertError, match="the webhook answers 503"):
        tell_of(instance, lost_run(instance, will_retry="false"))
    webhook.status = 200
    webhook.posted.clear()
    told, silent = (lost_run(instance, will_retry="false") for _ in range(2))
    tell_of(instance, told)
    tell_of(instance, silent)
    assert [one["text"] for one in webhook.posted] == [f"run {told.run_id} of push failed"]


@pytest.mark.slow
def test_a_failed_run_is_told_once_until_one_succeeds(
    project: Project,
    instance: dg.DagsterInstance,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", webhook.url)
    good = SETTINGS + "alerts: {webhook_env: HOOK}\n"
    bad = good.replace("city: city", "city: town")
    for settings in (bad, bad, good, bad):
        project.write(people("acme", 1), settings)
        if settings is good:
            refresh(instance)
            continue
        with pytest.raises(WarehouseError):
            refresh(instance)
        tell_of(instance, instance.get_runs(limit=1)[0])
    assert [told["event"] for told in webhook.posted] == ["run_failed"] * 2
    assert "Step warehouse_contacts: WarehouseError" in webhook.posted[0]["lines"]
