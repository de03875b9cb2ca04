"""The sensors that tell people: a run failed, a location stands still or is well again."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import dagster as dg
from dagster._core.execution.plan.objects import StepFailureData

from contacts_pipeline import steps
from contacts_pipeline.alerts import (
    Incident,
    Incidents,
    Message,
    changes,
    location_incidents,
    send,
)
from contacts_pipeline.defs.run_ends import FAILED, UNRECORDED, UNWRITTEN
from contacts_pipeline.push import LocationReport
from contacts_pipeline.settings import Alerts
from contacts_pipeline.workspace import Workspace

_MOST_NAMED = 50
_NOT_FAILED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED]
_NOT_WRITTEN_BACK = Incident(
    status="failed",
    code="not_written_back",
    told="the run's log says why; mended, type: contacts-pipeline write-back",
)
_TOLD_TAG, _TOLD = "contacts_pipeline/told", "yes"


def alert_sensors(alerts: Alerts) -> list[dg.SensorDefinition]:
    """The sensors; they run from the start where the settings say whom to tell."""
    told = alerts.webhook_env is not None or alerts.smtp is not None
    status = dg.DefaultSensorStatus.RUNNING if told else dg.DefaultSensorStatus.STOPPED

    @dg.run_failure_sensor(
        name="run_failed",
        default_status=status,
        description=(
            "Tells whom alerts names of a run that failed as a whole, and not of the next ones "
            "of its job until one has succeeded."
        ),
    )
    def run_failed(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        if _fails_as_a_whole(context.instance, run) and not _told_before(context.instance, run):
            workspace = Workspace.from_environment()
            if send(_of_run(context), workspace.settings.alerts, workspace.environ):
                context.instance.add_run_tags(run.run_id, {_TOLD_TAG: _TOLD})

    @dg.sensor(
        name="location_held",
        default_status=status,
        minimum_interval_seconds=60,
        description=(
            "Tells whom alerts names of a location that is held or failed, once, and once that it "
            "is well again."
        ),
    )
    def location_held(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        workspace = Workspace.from_environment()
        told = Incidents.model_validate_json(context.cursor or "{}")
        reports = steps.last_reports(workspace)
        now = location_incidents(reports, told)
        news, healed = changes(told, now, reports)
        if news or healed:
            send(_of_locations(news, healed), workspace.settings.alerts, workspace.environ)
        context.update_cursor(now.model_dump_json())
        if not news and not healed:
            return dg.SkipReason(f"{len(now.root)} locations stand still, all of them told")
        return dg.SkipReason(f"told: {len(news)} stand still, {len(healed)} are well again")

    return [run_failed, location_held]


def _fails_as_a_whole(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether nothing else tells of the failed run: neither its retry nor each failed location."""
    if run.tags.get("dagster/will_retry") == "true":
        return False
    records = instance.get_records_for_run(
        run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE
    ).records
    events = [record.event_log_entry.dagster_event for record in records]
    failures = [event.step_failure_data for event in events if event]
    return not failures or not all(_told_by_locations(failure) for failure in failures)


def _told_by_locations(failure: StepFailureData) -> bool:
    """Whether ``location_held`` tells all of it, since the ledger has each location's report."""
    told = failure.user_failure_data
    return told is not None and UNRECORDED in told.metadata and not _untold(told.metadata)


def _untold(metadata: Mapping[str, dg.MetadataValue]) -> dict[str, Incident]:
    """What a run's Failure holds and the ledger does not, by location."""
    reports, unrecorded, unwritten = (
        cast("Any", metadata[name].value) for name in (FAILED, UNRECORDED, UNWRITTEN)
    )
    found = {name: LocationReport.model_validate(reports[name]) for name in unrecorded}
    unplanned = location_incidents(found, told=Incidents({}))
    return dict.fromkeys(unwritten, _NOT_WRITTEN_BACK) | unplanned.root


def _told_before(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Whether a failure of the job was told before, and the job has not succeeded since."""
    job = run.job_name
    told = dg.RunsFilter(job_name=job, tags={_TOLD_TAG: _TOLD})
    ended_well = dg.RunsFilter(job_name=job, statuses=_NOT_FAILED)
    return _newest_before(instance, run, told) > _newest_before(instance, run, ended_well)


def _newest_before(instance: dg.DagsterInstance, run: dg.DagsterRun, wanted: dg.RunsFilter) -> int:
    """The number of the newest such run that is older than ``run``, 0 if there is none."""
    records = instance.get_run_records(wanted, cursor=run.run_id, limit=1)
    return records[0].storage_id if records else 0


def _of_run(context: dg.RunFailureSensorContext) -> Message:
    run = context.dagster_run
    failed = [line for event in context.get_step_failure_events() for line in _failed_step(event)]
    return Message(
        event="run_failed",
        text=f"run {run.run_id} of {run.job_name} failed",
        lines=(
            f"Job: {run.job_name}",
            f"Run: {run.run_id}",
            *(failed or ["Its process was lost, or it never started."]),
            "What it says stands in the run's log: dagster dev, Runs.",
        ),
    )


def _failed_step(event: dg.DagsterEvent) -> list[str]:
    """Its locations; else the class of its error, never the text: a driver's may quote a value."""
    failure = event.step_failure_data
    if failure.user_failure_data and UNRECORDED in failure.user_failure_data.metadata:
        return _lines(_untold(failure.user_failure_data.metadata))
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    return [f"Step {event.step_key}: {error.cls_name if error else 'failed'}"]


def _of_locations(news: Mapping[str, Incident], healed: Sequence[str]) -> Message:
    told = []
    if news:
        told.append(_counted(len(news), "location stands still", "locations stand still"))
    if healed:
        told.append(_counted(len(healed), "is well again", "are well again"))
    lines = _lines(news)
    if healed:
        shown = ", ".join(healed[:_MOST_NAMED])
        lines.append(f"well again: {shown}")
    return Message("locations_changed", ", ".join(told), tuple(lines))


def _lines(incidents: Mapping[str, Incident]) -> list[str]:
    named = sorted(incidents.items())[:_MOST_NAMED]
    lines = [f"{name}: {one.status}, {one.code}. {one.told}" for name, one in named]
    more = len(incidents) - len(named)
    return [*lines, f"and {more} more"] if more else lines


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
