"""One pusher a location, by an OS file lock that dies with its holder; never a lease by clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from contacts_pipeline.snapshots import file_name, private_folder


@contextmanager
def only_pusher(folder: Path, crm: str, location_id: str) -> Iterator[bool]:
    """Yield whether this process is now the location's only pusher on this data folder."""
    lock = FileLock(private_folder(folder) / f"{file_name(crm)}.{file_name(location_id)}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
