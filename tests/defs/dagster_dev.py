"""``dagster dev`` as a user starts it: daemon, webserver and code server, asked over GraphQL."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
_QUICK_DAEMON = Path(__file__).parent / "quick_daemon"
WAIT_SECONDS = 300  # a machine may be busy with much else
STAGES = ("upsert_plan", "contact_upserts", "upsert_outcomes")
_SELECTOR = {"repositoryLocationName": "contacts_pipeline", "repositoryName": "__repository__"}
_STATUSES = """query($k: AssetKeyInput!) { assetNodeOrError(assetKey: $k) { ... on AssetNode {
    assetPartitionStatuses { ... on DefaultPartitionStatuses {
        materializedPartitions failedPartitions } } } } }"""


@dataclass(frozen=True)
class Partitions:
    """The partitions of an asset as the UI counts them."""

    materialized: frozenset[str]
    failed: frozenset[str]


class Dagster:
    """A running ``dagster dev``."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self.log = log

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        asked = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=asked, timeout=60)
        told = answer.raise_for_status().json()
        assert "errors" not in told, told
        found: dict[str, Any] = told["data"]
        return found

    def launch(self, job: str, assets: Sequence[str] = (), **tags: str) -> str:
        """Launch a job, or some assets of it, and return the run's id."""
        told = [{"key": f"dagster/{name}", "value": value} for name, value in tags.items()]
        selected = {"assetSelection": [{"path": [asset]} for asset in assets]} if assets else {}
        launched = self.ask(
            """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
                __typename ... on LaunchRunSuccess { run { runId } } } }""",
            p={
                "selector": _SELECTOR | {"jobName": job} | selected,
                "mode": "default",
                "executionMetadata": {"tags": told},
            },
        )["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def run_job(self, job: str, assets: Sequence[str] = (), **tags: str) -> str:
        """Launch, wait for the end, and return the status."""
        return self.end_of_run(self.launch(job, assets, **tags))

    def end_of_run(self, run_id: str) -> str:
        """Wait for the end of a run, and return its status."""
        query = "query($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"
        return self.until_in(
            lambda: self.ask(query, r=run_id)["runOrError"]["status"],
            {"SUCCESS", "FAILURE", "CANCELED"},
        )

    def start_backfill(self, partitions: Sequence[str], assets: Sequence[str] = STAGES) -> str:
        """Launch a backfill as the UI does, and return its id."""
        launched = self.ask(
            """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
                __typename ... on LaunchBackfillSuccess { backfillId } } }""",
            p={
                "assetSelection": [{"path": [asset]} for asset in assets],
                "partitionNames": list(partitions),
            },
        )["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])

    def end_of_backfill(self, backfill: str) -> tuple[str, dict[str, tuple[int, int]]]:
        """Status, and for each asset its materialized and failed partitions, counted."""
        query = """query($b: String!) { partitionBackfillOrError(backfillId: $b) {
            ... on PartitionBackfill { status assetBackfillData { assetBackfillStatuses {
                ... on AssetPartitionsStatusCounts { assetKey { path }
                    numPartitionsMaterialized numPartitionsFailed } } } } } }"""

        def told() -> dict[str, Any]:
            found: dict[str, Any] = self.ask(query, b=backfill)["partitionBackfillOrError"]
            return found

        ended = {"COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}
        status = self.until_in(lambda: told()["status"], ended)
        counts = {
            one["assetKey"]["path"][0]: (
                one["numPartitionsMaterialized"],
                one["numPartitionsFailed"],
            )
            for one in told()["assetBackfillData"]["assetBackfillStatuses"]
        }
        return status, counts

    def backfill(
        self, partitions: Sequence[str], assets: Sequence[str] = STAGES
    ) -> tuple[str, dict[str, tuple[int, int]]]:
        return self.end_of_backfill(self.start_backfill(partitions, assets))

    def partitions(self, asset: str) -> Partitions:
        node = self.ask(_STATUSES, k={"path": [asset]})["assetNodeOrError"]
        found = node["assetPartitionStatuses"]
        return Partitions(
            frozenset(found["materializedPartitions"]), frozenset(found["failedPartitions"])
        )

    def runs(self) -> list[dict[str, Any]]:
        """Every run, the newest first."""
        query = """{ runsOrError { ... on Runs { results {
            runId status jobName assetSelection { path } tags { key value } } } } }"""
        found: list[dict[str, Any]] = self.ask(query)["runsOrError"]["results"]
        return found

    def is_idle(self) -> bool:
        return all(run["status"] in {"SUCCESS", "FAILURE", "CANCELED"} for run in self.runs())

    def ticks(self, sensor: str) -> int:
        """How often the sensor has looked."""
        query = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
            __typename ... on Sensor { sensorState { ticks { status } } } } }"""
        found = self.ask(query, s=_SELECTOR | {"sensorName": sensor})["sensorOrError"]
        statuses = [tick["status"] for tick in found["sensorState"]["ticks"]]
        assert "FAILURE" not in statuses, self.log.read_text()[-4_000:]
        return len(statuses) - statuses.count("STARTED")

    def answers_again(self) -> bool:
        """Whether it reads its storage; the first look at a lost connection is an error."""
        try:
            self.runs()
            self.partitions(STAGES[0])
        except (httpx.HTTPError, AssertionError):
            return False
        return True

    def daemon_has_erred(self) -> bool:
        """Whether the daemon has told of an error of its own."""
        return re.search(r"dagster\.daemon.*ERROR", self.log.read_text()) is not None

    def process_of(self, run_id: str) -> int:
        """The process that a started run says it is."""
        told = self.told_of(run_id)
        found = re.search(r"\(pid: (\d+)\)", told)
        assert found, told
        return int(found[1])

    def told_of(self, run_id: str) -> str:
        """The messages of a run's events."""
        query = """query($r: ID!) { logsForRun(runId: $r) { ... on EventConnection {
            events { ... on MessageEvent { message } } } } }"""
        events = self.ask(query, r=run_id)["logsForRun"]["events"]
        return " ".join(event.get("message", "") for event in events)

    def until(self, is_so: Callable[[], bool], *, seconds: float = 0.5) -> None:
        """Wait, and look every so many seconds."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, self.log.read_text()[-4_000:]
            time.sleep(seconds)

    def until_in(self, ask: Callable[[], str], ended: set[str]) -> str:
        found = ""

        def is_so() -> bool:
            nonlocal found
            found = ask()
            return found in ended

        self.until(is_so)
        return found

    def look_twice(self, sensor: str = "locations") -> None:
        """Wait until the sensor has looked twice more, so that it has seen all that was."""
        seen = self.ticks(sensor)
        self.until(lambda: self.ticks(sensor) >= seen + 2)


def child_of(parent: int, word: str) -> int:
    """The child of a process that has the word on its command line."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            ancestor = int(stat.read_text().rpartition(")")[2].split()[1])
            if ancestor == parent and word in (stat.parent / "cmdline").read_text():
                return int(stat.parent.name)
    raise AssertionError(f"{parent} has no child {word}")


def place_instance(folder: Path) -> None:
    """Put the repository's own dagster.yaml and workspace.yaml where a project lies."""
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, folder / name)


@contextmanager
def dagster_dev(folder: Path) -> Iterator[tuple[Dagster, "subprocess.Popen[bytes]"]]:
    """Start ``dagster dev`` in a folder, and stop it with all that it started."""
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "-p", port, "-w", "workspace.yaml"]
    path = folder / "dagster_dev.log"
    with path.open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=log,
            stderr=log,
            env=os.environ | {"PYTHONPATH": f"{_QUICK_DAEMON}:{ROOT}"},
            start_new_session=True,
        )
    dagster = Dagster(f"http://127.0.0.1:{port}", path)
    try:
        dagster.until(lambda: process.poll() is not None or answers(dagster.url))
        assert process.poll() is None, path.read_text()[-4_000:]
        yield dagster, process
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        with suppress(ProcessLookupError):  # a code server that lost its storage may stay
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a webserver is there."""
    try:
        return httpx.get(f"{url}/server_info", timeout=5).is_success
    except httpx.HTTPError:
        return False
