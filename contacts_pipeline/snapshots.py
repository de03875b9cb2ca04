"""A stage is a Parquet file, written whole beside its old self and renamed into place.

A reader sees the old stage or the new one, never a half; a crash leaves the old one. DuckDB opens a
file for its footer and again for its rows, so it reads stages through ``unchanging``.
"""

import errno
import fcntl
import glob
import hashlib
import os
import re
import resource
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import pyarrow.parquet as pq

from contacts_pipeline.errors import PipelineError

SNAPSHOT_ID, MADE_FROM = "snapshot_id", "made_from"
"""In the metadata of a snapshot that others are made from."""

_NO_ROOM = os.strerror(errno.ENOSPC)
"""In the errors of Python, Arrow and DuckDB alike."""


class FullDiskError(PipelineError):
    """A stage did not fit on the disk; the old one is still there."""

    code = "disk_full"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; what was written takes the place of ``path`` if nothing raised.

    What killed processes left of the same ``path`` is removed first.

    Raises:
        FullDiskError: there was no room for it.
    """
    with _telling_of_a_full_disk(path.parent):
        private_folder(path.parent)
        _remove_abandoned(path)
        with _own_folder(path) as folder:
            part = folder / f"{path.name}.part"
            part.touch(mode=0o600)
            yield part
            flush(part)
            part.replace(path)
            flush(path.parent)


@contextmanager
def unchanging(*paths: Path) -> Iterator[list[Path]]:
    """Yield other paths to the same files, which stay these whatever takes the places of ``paths``.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    _allow_open_files(4 * len(paths))
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]
        yield [Path(f"/dev/fd/{file.fileno()}") for file in files]


@contextmanager
def keeping(path: Path, kept: Path) -> Iterator[Path]:
    """Yield another name of the file at ``path``, which becomes ``kept`` if nothing raised.

    It stays that file whatever takes the place of ``path``.
    """
    with replacing(kept) as part:
        part.unlink()
        try:
            os.link(path, part)
        except OSError:  # the file system has no links
            shutil.copy2(path, part)
        yield part


def snapshot_id(path: Path) -> str | None:
    """What tells the snapshot at ``path`` from all others; None where an older program wrote it."""
    return _told(path, SNAPSHOT_ID)


def made_from(path: Path) -> str | None:
    """The id of the snapshot that the one at ``path`` was made from."""
    return _told(path, MADE_FROM)


def _told(path: Path, name: str) -> str | None:
    found = (pq.read_metadata(path).metadata or {}).get(name.encode())
    return found.decode() if found is not None else None


def _allow_open_files(wanted: int) -> None:
    """Let this process have so many files open, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if allowed > soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


@contextmanager
def _telling_of_a_full_disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if _NO_ROOM not in str(error):
            raise
        told = next(iter(str(error).splitlines()), "")
        raise FullDiskError(f"{told}; make room on the disk of {folder}") from error


@contextmanager
def _own_folder(path: Path) -> Iterator[Path]:
    """A folder beside ``path``, locked by this process until it ends, however it ends."""
    with ExitStack() as stack:
        while True:
            folder = Path(mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
            try:
                lock = _lock(folder)
            except OSError:  # without locks nobody removes it either
                break
            if lock is not None:
                stack.callback(os.close, lock)
                break
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        yield folder


def _remove_abandoned(path: Path) -> None:
    """Remove the folders of ``path`` that nobody has locked: their processes are dead."""
    for folder in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError):
            if (lock := _lock(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)


def _lock(folder: Path) -> int | None:
    """The folder's lock, None where another holds it or has removed the folder.

    Raises:
        OSError: The file system has no locks.
    """
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), folder.stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        os.close(lock)
        raise
    os.close(lock)
    return None


def private_folder(path: Path) -> Path:
    """Create ``path`` where it is missing, readable by this user alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def file_name(text: str) -> str:
    """A file name that a person recognises and that no other ``text`` has."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
