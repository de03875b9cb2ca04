"""Runs as processes of this machine: Dagster's launcher, that also looks whether they are there.

Dagster leaves that to a thread of the code server, which ends at the first error of the storage: on
a full disk, or while the database is away. A run that dies then is 'started' for ever.
"""

import json
import shutil
import subprocess

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

_ZOMBIE = "Z"


class ProcessRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, that also finds the runs whose process is there no longer."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether the monitor asks."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Failed where the run's own process has ended without a word."""
        pid = _process_of(self._instance, run) if _is_of_this_machine(run) else None
        if pid is None or _is_alive(pid):
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, f"process {pid} of the run has ended")


def _is_of_this_machine(run: dg.DagsterRun) -> bool:
    """Whether its code server is reached by a socket, as ``dagster dev`` has it."""
    return "socket" in json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))


def _process_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int | None:
    """The process that the run's events name."""
    records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    for record in records.records:
        event = record.event_log_entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event else None
        if told is not None:
            return int(str(told.value))
    return None


def _is_alive(pid: int) -> bool:
    """Whether the process is there and has not ended; a machine without ``ps`` does not know."""
    ps = shutil.which("ps")
    if ps is None:
        return True
    told = subprocess.run(  # noqa: S603 - the system's own ps, and a number
        [ps, "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True
    )
    return bool(told.stdout.strip()) and not told.stdout.strip().startswith(_ZOMBIE)
