"""A run whose process is gone is found, whatever the code server knows of it."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping

import dagster as dg
import psutil
import pytest
import yaml
from dagster._core.events import EngineEventData
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from tests.defs.dagster_dev import ROOT
from tests.projects import Project

HERE = {"host": "localhost", "socket": "/nowhere"}
ELSEWHERE = {"host": "code", "port": 4000}


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(["sleep", "600"]) as found:
        yield found
        found.kill()


@pytest.fixture
def instance(project: Project) -> Iterator[dg.DagsterInstance]:
    """An instance with the launcher of our dagster.yaml."""
    launcher = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))["run_launcher"]
    settings = {"telemetry": {"enabled": False}, "run_launcher": launcher}
    (project.folder / "dagster_home" / "dagster.yaml").write_text(yaml.safe_dump(settings))
    with dg.DagsterInstance.get() as found:
        assert found.run_launcher.supports_check_run_worker_health
        yield found


def health(
    instance: dg.DagsterInstance, code_server: Mapping[str, object], pid: int
) -> WorkerStatus:
    """What the launcher says of a run that the code server started as the process."""
    run = instance.create_run_for_job(
        dg.GraphDefinition(name="nothing").to_job(),
        tags={GRPC_INFO_TAG: json.dumps(code_server)},
    )
    instance.report_engine_event("Started process", run, EngineEventData.in_process(pid))
    return instance.run_launcher.check_run_worker_health(run).status


def test_a_run_whose_process_is_there_goes_on(
    instance: dg.DagsterInstance, process: "subprocess.Popen[bytes]"
) -> None:
    assert health(instance, HERE, process.pid) == WorkerStatus.RUNNING


@pytest.mark.parametrize("reaped", [True, False])
def test_a_run_whose_process_has_ended_has_failed(
    instance: dg.DagsterInstance, process: "subprocess.Popen[bytes]", *, reaped: bool
) -> None:
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    if reaped:
        process.wait()
    assert health(instance, HERE, process.pid) == WorkerStatus.FAILED


def test_a_process_of_another_machine_is_the_code_servers_to_tell(
    instance: dg.DagsterInstance, process: "subprocess.Popen[bytes]"
) -> None:
    process.kill()
    process.wait()
    assert health(instance, ELSEWHERE, process.pid) == WorkerStatus.RUNNING


def test_another_process_of_the_same_number_is_not_the_runs(
    instance: dg.DagsterInstance,
    process: "subprocess.Popen[bytes]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.time", lambda: psutil.boot_time() - 3_600)  # the run began long ago
    assert health(instance, HERE, process.pid) == WorkerStatus.FAILED
