"""Runs as processes of this machine: Dagster's launcher, that also looks whether they are there.

Dagster leaves that to a thread of the code server, which ends at the first error of the storage: on
a full disk, or while the database is away. A run that dies then is 'started' for ever.
"""

import json
from dataclasses import dataclass

import dagster as dg
import psutil
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

_CLOCKS_DIFFER_SECONDS = 5.0  # a process is told of once it runs


class ProcessRunLauncher(DefaultRunLauncher):
    """Dagster's launcher, that also finds the runs whose process is there no longer."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        """Whether the monitor asks."""
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Failed where the run's own process has ended without a word."""
        started = _start_of(self._instance, run) if _is_of_this_machine(run) else None
        if started is None or started.goes_on():
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        told = f"process {started.pid} of the run has ended"
        return CheckRunHealthResult(WorkerStatus.FAILED, told)


@dataclass(frozen=True)
class _Start:
    """The process that a run's events name, and when they did, in seconds since 1970."""

    pid: int
    told_at: float

    def goes_on(self) -> bool:
        """Whether it is there, and not another one that has got its number since."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.create_time() <= self.told_at + _CLOCKS_DIFFER_SECONDS
        except psutil.NoSuchProcess:
            return False
        except psutil.Error:
            return True  # whose it is can't be asked, but there is one


def _is_of_this_machine(run: dg.DagsterRun) -> bool:
    """Whether its code server is reached by a socket, as ``dagster dev`` has it."""
    return "socket" in json.loads(run.tags.get(GRPC_INFO_TAG, "{}"))


def _start_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> _Start | None:
    records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT)
    for record in records.records:
        entry = record.event_log_entry
        event = entry.dagster_event
        told = event.engine_event_data.metadata.get("pid") if event else None
        if told is not None:
            return _Start(int(str(told.value)), entry.timestamp)
    return None
