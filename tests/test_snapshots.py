"""A stage that is replaced: whole or not at all, and nothing of a killed process stays."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contacts_pipeline.snapshots import replacing, unchanging

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


READER_OF_MANY = """
import resource, sys
from pathlib import Path
from contacts_pipeline.snapshots import unchanging
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (32, most))
with unchanging(*[Path(sys.argv[1])] * 100) as paths:
    print(sum(len(path.read_text()) for path in paths))
"""


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


def test_a_stage_that_is_being_read_stays_what_it_was(tmp_path: Path) -> None:
    path, other = tmp_path / "stage.parquet", tmp_path / "other.parquet"
    path.write_text("old")
    other.write_text("other")
    with unchanging(path, other) as (still, of_other):
        with replacing(path) as part:
            part.write_text("new")
        assert [still.read_text(), still.read_text()] == ["old", "old"]
        assert of_other.read_text() == "other"
    assert path.read_text() == "new"


def test_more_files_are_read_at_once_than_a_process_may_open_by_default(tmp_path: Path) -> None:
    path = tmp_path / "stage.parquet"
    path.write_text("12345")
    command = [sys.executable, "-c", READER_OF_MANY, str(path)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "500\n"
