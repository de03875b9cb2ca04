"""Runs on other machines: Dagster's launcher for Celery, and the app that its workers serve.

``celery -A contacts_pipeline.defs.fleet worker`` takes runs, one at a time. A worker whose machine
is lost leaves its run 'started' in the results; the launcher asks the worker itself.
"""

import os
from collections.abc import Mapping
from typing import Any, Self

import dagster as dg
from celery import Celery
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.defaults import task_default_queue
from dagster_celery.launcher import CeleryRunLauncher
from dagster_celery.make_app import make_app
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from dagster_celery.tasks import create_execute_job_task

BROKER_VARIABLE = "CONTACTS_BROKER_URL"
_ASK_SECONDS = 2.0
_ASK_TIMES = 3
_CELERY = {
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,  # else a busy worker keeps a run that an idle one could take
    "worker_concurrency": 1,
    "worker_max_tasks_per_child": 20,  # what a run's engines keep of memory ends with the process
    "worker_hijack_root_logger": False,
    "broker_connection_retry_on_startup": True,
    "result_extended": True,  # names the worker
    "result_expires": 7 * 86_400,  # longer than any run, whose state is read from its result
}


class FleetRunLauncher(CeleryRunLauncher):
    """Dagster's launcher, that also finds the runs of a worker that is there no longer."""

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Failed, too, where the run's own worker does not answer or knows nothing of the run."""
        told = super().check_run_worker_health(run)
        if told.status != WorkerStatus.RUNNING:
            return told
        task_id = run.tags[DAGSTER_CELERY_TASK_ID_TAG]
        worker = str(self.celery.AsyncResult(task_id).info["hostname"])
        if _has_task(self.celery, worker, task_id):
            return told
        again = super().check_run_worker_health(run)  # it may have ended meanwhile
        if again.status != WorkerStatus.RUNNING:
            return again
        return CheckRunHealthResult(WorkerStatus.FAILED, f"worker {worker} lost the run")

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """As dagster.yaml has it; the app's settings are this module's, for worker and launcher."""
        return cls(inst_data=inst_data, **(dict(config_value) | {"config_source": _CELERY}))


def _has_task(celery: Celery, worker: str, task_id: str) -> bool:
    """Whether the worker says that it is at the task; asked again before it is lost."""
    for _ in range(_ASK_TIMES):
        answers = celery.control.inspect([worker], timeout=_ASK_SECONDS).active() or {}
        if worker in answers:
            return any(task["id"] == task_id for task in answers[worker])
    return False


def celery_app(broker: str | None) -> Celery:
    """The app of workers; results lie where the runs are queued."""
    served = make_app(  # type: ignore[no-untyped-call]  # Dagster's has no types
        {
            "broker": broker,
            "backend": broker,
            "config_source": _CELERY,
            "task_default_queue": task_default_queue,
        }
    )
    create_execute_job_task(served)
    return served


app = celery_app(os.environ.get(BROKER_VARIABLE))
