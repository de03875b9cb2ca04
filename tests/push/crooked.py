"""Processes whose wall clock is wrong, and is set while they run: libfaketime is under them.

They are forked from one that has imported everything, so that hundreds of them cost little; each
is a process of its own, which SIGKILL ends in the middle of anything.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path

import libfaketime

_CLOCK = "FAKETIME_TIMESTAMP_FILE"


class CrookedProcess:
    """``work(folder)`` in a process of its own; what it writes is in ``told``."""

    def __init__(
        self,
        work: Callable[[Path], None],
        folder: Path,
        name: str,
        environ: Mapping[str, str],
        seconds: int = 0,
    ) -> None:
        self._clock = folder / f"{name}.clock"
        self._output = folder / f"{name}.txt"
        self.set_clock(seconds)
        given = dict(environ) | {_CLOCK: str(self._clock)}
        self.process: BaseProcess = multiprocessing.get_context("forkserver").Process(
            target=_work, args=(work, folder, given, self._output), name=name
        )
        self.process.start()

    def set_clock(self, seconds: int) -> None:
        """Have the wall clock be so much off the true one; the monotonic clock stays true."""
        part = self._clock.with_suffix(".part")
        part.write_text(f"{seconds:+}\n", encoding="ascii")
        part.replace(self._clock)

    @property
    def told(self) -> str:
        """Its output and its errors so far."""
        return self._output.read_text(encoding="utf-8") if self._output.exists() else ""

    def signal(self, number: int) -> bool:
        """Whether it was still there to be told."""
        if self.process.pid is None or not self.process.is_alive():
            return False
        os.kill(self.process.pid, number)
        return True

    def wait(self, seconds: float) -> int:
        """Its exit code, negative for a signal."""
        self.process.join(seconds)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            raise TimeoutError(f"{self.process.name} never ended: {self.told}")
        return code


@contextmanager
def crooked_processes(*modules: str) -> Iterator[None]:
    """Keep ready the process that they are forked from, with ``modules`` imported."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
    _, added = libfaketime.get_reload_information()
    with _environment(added):
        forkserver.ensure_running()
    try:
        yield
    finally:
        forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001 - for another


def _work(
    work: Callable[[Path], None], folder: Path, environ: Mapping[str, str], output: Path
) -> None:
    os.environ.update(environ)
    sys.stdout = sys.stderr = output.open("w", encoding="utf-8", buffering=1)
    work(folder)


@contextmanager
def _environment(added: Mapping[str, str]) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.update(added)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)
