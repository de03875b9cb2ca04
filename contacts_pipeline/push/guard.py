"""One pusher a location, by a lock that dies with its holder; never a lease by clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from filelock import FileLock, Timeout

from contacts_pipeline.ledger import Journal, Ledger
from contacts_pipeline.snapshots import file_name, private_folder


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
    name = f"{file_name(ledger.crm)}.{file_name(location_id)}.lock"
    lock = FileLock(private_folder(ledger.folder / "locks") / name)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()
