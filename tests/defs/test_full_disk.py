"""A disk that is full in the middle of a backfill under the real daemon: told, and nothing lost.

The data folder, with the ledger and Dagster's own storage in it, is a small disk of its own.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from contacts_pipeline.engine import save
from contacts_pipeline.sandbox.pytest import StartSandbox
from contacts_pipeline.snapshots import FullDiskError
from tests.defs.backfill import (
    NAMES,
    assert_few_sent_twice,
    assert_ledger_holds,
    lay_down,
    until_healed,
    until_sent,
)
from tests.defs.dagster_dev import dagster_dev
from tests.projects import Project

pytestmark = [pytest.mark.slow, pytest.mark.services, pytest.mark.timeout(600)]

DISK = "64m"
SECTOR = 4096  # bytes
SENT_BEFORE = 20


@pytest.fixture
def small_disk(project: Project) -> Iterator[Path]:
    """The project's data folder as a file system of its own, for which it takes root."""
    project.data.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", str(project.data)]
    told = subprocess.run(command, check=False, capture_output=True, text=True)
    if told.returncode:
        pytest.skip(f"a disk of its own takes root and Linux: {told.stderr.strip()}")
    try:
        yield project.data
    finally:
        subprocess.run(["umount", "--lazy", project.data], check=True)


def fill(ballast: Path) -> None:
    """Take all the room that there is, to the last sector."""
    size, step = 0, 1 << 20
    with ballast.open("wb") as file:
        while step >= SECTOR:
            if takes(file.fileno(), size, step):
                size += step
            else:
                step //= 2


def takes(descriptor: int, start: int, size: int) -> bool:
    """Whether there was room for so many bytes more."""
    try:
        os.posix_fallocate(descriptor, start, size)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def test_a_disk_full_in_a_backfill_is_told_with_its_remedy_and_loses_nothing(
    project: Project, small_disk: Path, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = lay_down(project, crm_sandbox, monkeypatch)
    with dagster_dev(project.folder) as (dagster, _):
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.start_backfill(NAMES)
        until_sent(dagster, crm, SENT_BEFORE)
        fill(small_disk / "ballast")
        told = f"make room on the disk of {small_disk}"
        dagster.until(lambda: told in dagster.log.read_text())
        dagster.until(dagster.daemon_has_erred)
        (small_disk / "ballast").unlink()
        until_healed(dagster, crm, "New York")
        dagster.until(dagster.is_idle)
    assert_few_sent_twice(crm)
    assert_ledger_holds(project, crm)


def test_a_stage_that_does_not_fit_names_the_folder_and_leaves_the_old_one(
    small_disk: Path,
) -> None:
    stage = small_disk / "snapshots" / "stage.parquet"
    with duckdb.connect() as con:
        save(con, "select 1 as kept", stage)
        kept = stage.read_bytes()
        fill(small_disk / "ballast")
        with pytest.raises(
            FullDiskError, match=f"No space left.*make room on the disk of {stage.parent}"
        ):
            save(con, "select uuid() as id from range(1000000)", stage)
    assert stage.read_bytes() == kept
    assert [path.name for path in stage.parent.iterdir()] == [stage.name]
