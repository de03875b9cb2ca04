"""One pusher a location, by a lock that dies with its holder; never a lease by clock."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from contacts_pipeline.ledger import Journal, Ledger, claimed_locations
from contacts_pipeline.snapshots import file_name, private_folder

_TRIES, _BETWEEN_TRIES_SECONDS = 3, 0.05  # who asks who is pushing holds the lock for a moment


@asynccontextmanager
async def only_pusher(ledger: Ledger, journal: Journal, location_id: str) -> AsyncIterator[bool]:
    """Yield whether this push is now the location's only one on this ledger.

    An OS file lock beside the SQLite file. With PostgreSQL an advisory lock of the journal's own
    session: who loses the session can't write an intent either, so nothing more is sent.
    """
    if ledger.folder is None:
        alone = await journal.claim(location_id)
        try:
            yield alone
        finally:
            if alone:
                await journal.release(location_id)
        return
    lock = FileLock(_lock_path(ledger.crm, private_folder(ledger.folder / "locks"), location_id))
    alone = await _acquired(lock)
    try:
        yield alone
    finally:
        lock.release()


async def _acquired(lock: FileLock) -> bool:
    for _ in range(_TRIES):
        with suppress(Timeout):
            lock.acquire(timeout=0)
            return True
        await asyncio.sleep(_BETWEEN_TRIES_SECONDS)
    return False


def being_pushed(ledger: Ledger, location_ids: Collection[str]) -> set[str]:
    """Those that some process is pushing now."""
    if ledger.folder is None:
        return claimed_locations(ledger, location_ids)
    locks = ledger.folder / "locks"
    return {one for one in location_ids if _is_locked(_lock_path(ledger.crm, locks, one))}


def _is_locked(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def _lock_path(crm: str, locks: Path, location_id: str) -> Path:
    return locks / f"{file_name(crm)}.{file_name(location_id)}.lock"
