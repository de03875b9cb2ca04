"""A stage that is replaced: whole or not at all, and nothing of a killed process stays."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contacts_pipeline.snapshots import replacing

WRITER = """
import sys
from pathlib import Path
from contacts_pipeline.snapshots import replacing
with replacing(Path(sys.argv[1])) as part:
    part.write_text("of the other")
    print("writing", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def another_writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        try:
            yield process
        finally:
            process.kill()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_what_a_killed_process_left_goes_with_the_next_write(tmp_path: Path) -> None:
    path, other = tmp_path / "stage[1].parquet", tmp_path / "stage1.parquet"
    path.write_text("old")
    with another_writer(path), another_writer(other):
        pass
    assert path.read_text() == "old"
    assert len(names(tmp_path)) == 5
    with replacing(path) as part:
        part.write_text("new")
    assert path.read_text() == "new"
    (left,) = (path.name for path in tmp_path.glob(".*"))
    assert left.startswith(".stage1.parquet."), "another snapshot's goes with its own next write"


def test_what_a_living_process_writes_stays(tmp_path: Path) -> None:
    path = tmp_path / "stage.parquet"
    with another_writer(path) as process:
        with replacing(path) as part:
            part.write_text("ours")
        assert path.read_text() == "ours"
        process.communicate("go on\n")
        assert process.returncode == 0
    assert path.read_text() == "of the other"
    assert names(tmp_path) == ["stage.parquet"]


def test_two_writers_of_one_process_do_not_meet(tmp_path: Path) -> None:
    path = tmp_path / "stage.parquet"
    with replacing(path) as first:
        first.write_text("first")
        with replacing(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_write_that_fails_leaves_the_old_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "stage.parquet"
    path.write_text("old")
    with pytest.raises(IsADirectoryError):
        _write_half(path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["stage.parquet"]


def _write_half(path: Path) -> None:
    with replacing(path) as part:
        (part.parent / "beside it").write_text("of DuckDB")
        path.parent.write_text("no file")
