"""The project under its real daemon, webserver and code server, asked as the UI asks them."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.projects import PLACES, Project, people, sandbox_locations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 180
STAGES = ("upsert_plan", "contact_upserts", "upsert_outcomes")


class Dagster:
    """``dagster dev`` as a user starts it, over GraphQL."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        asked = {"query": query, "variables": variables}
        answer = httpx.post(f"{self._url}/graphql", json=asked, timeout=60)
        told = answer.raise_for_status().json()
        assert "errors" not in told, told
        found: dict[str, Any] = told["data"]
        return found

    def run_job(self, name: str) -> str:
        launched = self.ask(
            """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
                __typename ... on LaunchRunSuccess { run { runId } } } }""",
            p={
                "selector": {
                    "repositoryLocationName": "contacts_pipeline",
                    "repositoryName": "__repository__",
                    "jobName": name,
                },
                "mode": "default",
            },
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = launched["run"]["runId"]
        query = "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"
        return self._until(
            lambda: self.ask(query, r=run_id)["runOrError"]["status"],
            {"SUCCESS", "FAILURE", "CANCELED"},
        )

    def backfill(self, partitions: list[str]) -> tuple[str, dict[str, tuple[int, int]]]:
        """Status, and for each asset its materialized and failed partitions, counted."""
        backfill = self.ask(
            """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
                ... on LaunchBackfillSuccess { backfillId } } }""",
            p={
                "assetSelection": [{"path": [stage]} for stage in STAGES],
                "partitionNames": partitions,
            },
        )["launchPartitionBackfill"]["backfillId"]
        query = """query($b: String!) { partitionBackfillOrError(backfillId: $b) {
            ... on PartitionBackfill { status assetBackfillData { assetBackfillStatuses {
                ... on AssetPartitionsStatusCounts { assetKey { path }
                    numPartitionsMaterialized numPartitionsFailed } } } } } }"""

        def told() -> dict[str, Any]:
            found: dict[str, Any] = self.ask(query, b=backfill)["partitionBackfillOrError"]
            return found

        ended = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
        status = self._until(lambda: told()["status"], ended)
        counts = {
            one["assetKey"]["path"][0]: (
                one["numPartitionsMaterialized"],
                one["numPartitionsFailed"],
            )
            for one in told()["assetBackfillData"]["assetBackfillStatuses"]
        }
        return status, counts

    def _until(self, ask: Any, ended: set[str]) -> str:
        deadline = time.monotonic() + WAIT_SECONDS
        while (status := ask()) not in ended:
            assert time.monotonic() < deadline, status
            time.sleep(0.5)
        return str(status)


@pytest.fixture
def served(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project with the repository's own dagster.yaml and workspace.yaml beside it."""
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, project.folder / name)
    monkeypatch.delenv("DAGSTER_HOME")
    return project


@pytest.fixture
def start_dagster(served: Project) -> Iterator[Any]:
    started: list[subprocess.Popen[bytes]] = []

    def start() -> Dagster:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "dagster", "dev", "-p", str(port), "-w", "workspace.yaml"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        with (served.folder / "dagster_dev.log").open("wb") as log:
            started.append(
                subprocess.Popen(
                    command, cwd=served.folder, stdout=log, stderr=log, env=environment
                )
            )
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{url}/server_info", timeout=5).is_success:
                    return Dagster(url)
            except httpx.HTTPError:
                time.sleep(0.5)
        raise AssertionError((served.folder / "dagster_dev.log").read_text())

    yield start
    for process in started:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_a_backfill_in_the_ui_pushes_every_location_and_fails_exactly_the_one_that_failed(
    served: Project,
    start_dagster: Any,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations(*PLACES))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    served.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    served.write(people("acme", 3) + people("bolt", 2) + people("core", 4))
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    dagster = start_dagster()

    assert dagster.run_job("refresh") == "SUCCESS"
    status, counts = dagster.backfill(list(PLACES))
    assert status == "COMPLETED_FAILED"
    assert counts == dict.fromkeys(STAGES, (2, 1))
    assert {name: len(crm.contacts(name)) for name in PLACES} == {"acme": 3, "bolt": 0, "core": 4}

    del served.registry["bolt"]["token_env"]
    served.write(people("acme", 3) + people("bolt", 2) + people("core", 4))
    assert dagster.run_job("refresh") == "SUCCESS"
    status, counts = dagster.backfill(["bolt"])
    assert status == "COMPLETED_SUCCESS"
    assert counts == dict.fromkeys(STAGES, (1, 0))
    assert len(crm.contacts("bolt")) == 2
    assert (served.data / "dagster" / "storage").is_dir()
