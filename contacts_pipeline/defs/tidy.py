"""The job that keeps Dagster's event log, the data folder and the ledger's pushes in bounds."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterEventType

from contacts_pipeline import steps
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.settings import Settings

_ENDED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
_BATCH = 500


@dg.op(description="Removes runs, pushes and snapshots older than the settings' retention.")
def remove_what_is_old(context: dg.OpExecutionContext, project: dg.ResourceParam[Project]) -> None:
    """Remove them, and log how many."""
    workspace = project.workspace()
    kept = workspace.settings.retention
    before = datetime.now(UTC) - timedelta(days=kept.run_days)
    runs = forget_runs(context.instance, before)
    pushes = steps.forget_old_pushes(workspace, kept.run_days)
    files = steps.remove_old_snapshots(workspace, kept.snapshot_days)
    context.log.info(
        "removed %d runs, %d pushes and %d files of plans and outcomes", runs, pushes, files
    )
    context.instance.add_run_tags(
        context.run_id,
        {
            "contacts_pipeline/runs_removed": str(runs),
            "contacts_pipeline/pushes_removed": str(pushes),
            "contacts_pipeline/files_removed": str(files),
        },
    )


@dg.job(name="tidy", description="Old runs, pushes and snapshots, removed.")
def tidy_job() -> None:
    """One step."""
    remove_what_is_old()


def tidy_schedule(settings: Settings | None) -> Iterator[dg.ScheduleDefinition]:
    """The job by the clock, where the settings have anything run by itself."""
    if settings is not None and settings.automation is not None:
        yield dg.ScheduleDefinition(
            name="tidy_schedule",
            job=tidy_job,
            cron_schedule=settings.retention.tidy,
            execution_timezone=settings.automation.timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description="Removes what is older than the settings' retention.",
        )


def forget_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete ended runs that began before a moment, with events and logs; returns how many.

    A run that says how an asset or a partition stands now is kept, however old: without it a
    location would look as if it had never been pushed.
    """
    needed = _runs_that_say_how_it_stands(instance)
    wanted = dg.RunsFilter(statuses=_ENDED, created_before=before)
    old = [run.run_id for run in instance.get_runs(wanted) if run.run_id not in needed]
    for run_id in old:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return len(old)


def _runs_that_say_how_it_stands(instance: dg.DagsterInstance) -> set[str]:
    events = instance.event_log_storage
    needed: set[str] = set()
    for key in instance.all_asset_keys():
        latest = instance.get_latest_materialization_event(key)
        if latest is not None:
            needed.add(latest.run_id)
        ids = events.get_latest_storage_id_by_partition(
            key, DagsterEventType.ASSET_MATERIALIZATION
        ).values()
        needed |= _runs_of(instance, key, sorted(ids))
        tried = events.get_latest_asset_partition_materialization_attempts_without_materializations
        needed |= {run_id for run_id, _ in tried(key).values()}
    return needed


def _runs_of(instance: dg.DagsterInstance, key: dg.AssetKey, storage_ids: list[int]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(storage_ids), _BATCH):
        wanted = dg.AssetRecordsFilter(
            asset_key=key, storage_ids=storage_ids[start : start + _BATCH]
        )
        records = instance.fetch_materializations(wanted, limit=_BATCH).records
        found |= {record.run_id for record in records}
    return found
