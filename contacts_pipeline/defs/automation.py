"""The jobs, and what starts them: the clock the refresh, a refresh each location's push."""

import warnings
from collections.abc import Iterator
from datetime import UTC

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from contacts_pipeline.defs.conditions import condition_of
from contacts_pipeline.defs.contacts import unique_contacts, valid_contacts, warehouse_contacts
from contacts_pipeline.defs.keys import OUTCOMES, PLAN, UPSERTS, WRITTEN
from contacts_pipeline.defs.locations import crm_locations
from contacts_pipeline.settings import Automation

refresh_job = dg.define_asset_job(
    "refresh",
    dg.AssetSelection.assets(crm_locations, warehouse_contacts, valid_contacts, unique_contacts),
    description="The registry and the warehouse, read and prepared for all locations.",
)
plan_job = dg.define_asset_job(
    "plan",
    dg.AssetSelection.assets(PLAN),
    description="What would change in the chosen locations; sends nothing that writes.",
)
_PUSHED = (PLAN, UPSERTS, OUTCOMES)
_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def push_jobs(*, writes_back: bool) -> Iterator[UnresolvedAssetJobDefinition]:
    """The push, and what repeats its last step where the settings have a write_back."""
    yield dg.define_asset_job(
        "push",
        _pushed(writes_back=writes_back),
        description="Plan, push and prove the chosen locations.",
    )
    if writes_back:
        yield dg.define_asset_job(
            "write_back",
            dg.AssetSelection.assets(WRITTEN),
            description="Write what the last push came to into the warehouse again; sends nothing.",
        )


def _pushed(*, writes_back: bool) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*_PUSHED, *([WRITTEN] if writes_back else []))


def automate(upserts: dg.AssetsDefinition, automation: Automation | None) -> dg.AssetsDefinition:
    """The partitioned assets with the conditions on which they are requested."""
    given = automation or Automation()
    return upserts.map_asset_specs(
        lambda spec: spec.replace_attributes(automation_condition=condition_of(spec.key, given))
    )


def location_sensor(
    automation: Automation | None, *, writes_back: bool
) -> dg.AutomationConditionSensorDefinition:
    """What looks at every location and requests those that are to be planned and pushed.

    It runs from the start if contacts.yaml has the section ``automation``, else once somebody
    switches it on.
    """
    given = automation or Automation()
    on, off = dg.DefaultSensorStatus.RUNNING, dg.DefaultSensorStatus.STOPPED
    with warnings.catch_warnings():
        # Conditions that ask the registry are evaluated here and not in the daemon: beta.
        warnings.simplefilter("ignore", category=dg.BetaWarning)
        return dg.AutomationConditionSensorDefinition(
            "locations",
            target=_pushed(writes_back=writes_back),
            default_status=on if automation else off,
            minimum_interval_seconds=given.tick_seconds,
            description="Requests plan and push of every location that was refreshed or is due.",
            emit_backfills=True,  # only a backfill puts many locations into a run
            use_user_code_server=True,
        )


def schedules(automation: Automation | None) -> Iterator[dg.ScheduleDefinition]:
    """The refresh by the clock, where the settings name its time."""
    if automation is None or automation.refresh is None:
        return

    @dg.schedule(
        name="refresh_schedule",
        job=refresh_job,
        cron_schedule=automation.refresh,
        execution_timezone=automation.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Reads registry and warehouse; a refresh that still runs is not overtaken.",
    )
    def refresh_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        running = context.instance.get_run_records(
            dg.RunsFilter(job_name=refresh_job.name, statuses=_AT_WORK), limit=1
        )
        if running:
            return dg.SkipReason(f"the refresh {running[0].dagster_run.run_id} still runs")
        moment = context.scheduled_execution_time.astimezone(UTC)
        return dg.RunRequest(run_key=moment.isoformat())

    yield refresh_schedule
