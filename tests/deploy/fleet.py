"""The services of ``deploy/compose.yaml`` as processes of this machine, by its own commands."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from contacts_pipeline.defs.fleet import celery_app
from tests.defs.dagster_dev import ROOT, Dagster, answers, free_port
from tests.postgres import new_database

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
WORKERS = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Fleet:
    """A running fleet: what the UI answers, its workers, and where runs are queued."""

    dagster: Dagster
    workers: Mapping[str, "subprocess.Popen[bytes]"]
    broker: str

    def worker_of(self, run: Mapping[str, Any]) -> str:
        """The worker that has or had a run, as Celery's result names it."""
        tags = {tag["key"]: tag["value"] for tag in run["tags"]}
        found = celery_app(self.broker).AsyncResult(tags[DAGSTER_CELERY_TASK_ID_TAG])
        named = found.info["hostname"] if found.state == "STARTED" else found.worker
        return str(named).partition("@")[0]

    def kill(self, worker: str) -> None:
        """What becomes of a worker whose machine is lost."""
        os.killpg(self.workers[worker].pid, signal.SIGKILL)


@contextmanager
def running_fleet(folder: Path, postgres_server: str) -> Iterator[Fleet]:
    """Start everything in ``folder``, a project's, and stop it with all that it started."""
    shutil.copytree(ROOT / "deploy", folder / "deploy")
    with ExitStack() as stack:
        broker = stack.enter_context(_redis(folder))
        databases = [stack.enter_context(new_database(postgres_server)) for _ in range(2)]
        host = parse_qs(urlsplit(postgres_server).query)["host"][0]
        ports = {"4000": free_port(), "3000": free_port()}
        environ = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DAGSTER_HOME": str(folder / "deploy"),
            "PGHOST": host,  # a socket's folder is no host of a URL
            "POSTGRES_HOST": "",
            "POSTGRES_PORT": "5432",
            "POSTGRES_USER": "postgres",
            "POSTGRES_PASSWORD": "",
            "POSTGRES_DB": databases[0],
            "CONTACTS_LEDGER_URL": f"postgresql+psycopg2://postgres@/{databases[1]}",
            "CONTACTS_BROKER_URL": broker,
            "CONTACTS_CODE_HOST": "127.0.0.1",
            "CONTACTS_CODE_PORT": ports["4000"],
        }
        assert environ.keys() >= COMPOSE["services"]["worker"]["environment"].keys()

        def start(service: str, *words: str) -> "subprocess.Popen[bytes]":
            replaced = ports | {"0.0.0.0": "127.0.0.1"}
            told = shlex.split(COMPOSE["services"][service]["command"])
            program, *given = [replaced.get(word, word) for word in (*told, *words)]
            command = [str(Path(sys.executable).with_name(program)), *given]
            return stack.enter_context(_process(command, folder, environ))

        start("code")
        dagster = Dagster(f"http://127.0.0.1:{ports['3000']}", folder / "fleet.log")
        workers = {name: start("worker", "--hostname", f"{name}@here") for name in WORKERS}
        dagster.until(lambda: _listens(int(ports["4000"])))
        start("webserver")
        start("daemon")
        dagster.until(lambda: answers(dagster.url))
        yield Fleet(dagster, workers, broker)


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """A Redis with compose.yaml's own settings."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("redis-server is missing: apt-get install redis-server")
    port = free_port()
    told = shlex.split(COMPOSE["services"]["redis"]["command"])[1:]
    command = [program, *told, "--port", port, "--bind", "127.0.0.1", "--dir", str(folder)]
    with _process(command, folder, os.environ):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _process(
    command: list[str], folder: Path, environ: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    with (folder / "fleet.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=environ, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
