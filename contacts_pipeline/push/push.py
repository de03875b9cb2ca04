"""A push of many locations in one process: one loop, one journal, a client and pace for each."""

import asyncio
import contextlib
import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contacts_pipeline.crm import Access, Addresses, CrmClient, shared_ssl_context
from contacts_pipeline.ledger import Journal, Ledger, LedgerError
from contacts_pipeline.push.beside import run_beside
from contacts_pipeline.push.location import LocationPush, Surroundings, push_location
from contacts_pipeline.push.report import LocationReport
from contacts_pipeline.push.stop import StopSignal

OBJECTS_BETWEEN_COLLECTIONS = 50_000  # some 10 MB


@dataclass(frozen=True)
class PushSettings:
    """How to push, whatever the location. Seconds are seconds."""

    base_url: str
    timeout_seconds: float
    settle_seconds: float
    max_tries: int
    force: bool = False


def push_locations(
    pushes: Sequence[LocationPush],
    settings: PushSettings,
    ledger: Ledger,
    *,
    run_id: str,
    hash_key: bytes,
    progress: Callable[[str, int, int], None] = lambda _location, _done, _all: None,
) -> Iterator[tuple[str, LocationReport]]:
    """Push all locations at once; yield each one's report as it ends. Its failure is its own.

    SIGTERM and Ctrl-C finish what is in flight and leave the rest deferred, and so does closing the
    iterator. ``progress`` is called from another thread.

    Raises:
        LedgerError: the ledger failed; every location has finished what was in flight.
    """
    signals = {push.plan.location_id: StopSignal() for push in pushes}
    ssl_context, addresses = shared_ssl_context(), Addresses()

    def connect(location_id: str, access: Access, observe: Callable[[Any], None]) -> CrmClient:
        return CrmClient(
            settings.base_url,
            location_id,
            access,
            timeout_seconds=settings.timeout_seconds,
            ssl_context=ssl_context,
            addresses=addresses,
            observe=observe,
        )

    def stop_run(reason: str, told: str) -> None:
        for one in signals.values():
            one.set(reason, told)

    async def push_all(ended: Callable[[tuple[str, LocationReport]], None]) -> None:
        async def push_one(push: LocationPush) -> LedgerError | None:
            location_id = push.plan.location_id
            try:
                report = await push_location(push, around, signals[location_id])
            except LedgerError as error:
                stop_run(error.code, str(error))
                return error
            ended((location_id, report))
            return None

        async with Journal(ledger) as journal:
            around = Surroundings(
                run_id=run_id,
                ledger=ledger,
                journal=journal,
                hash_key=hash_key,
                force=settings.force,
                settle_seconds=settings.settle_seconds,
                max_tries=settings.max_tries,
                connect=connect,
                progress=progress,
                stop_run=stop_run,
            )
            errors = await asyncio.gather(*map(push_one, pushes))
        for error in filter(None, errors):
            raise error

    with _few_objects_to_collect():
        yield from run_beside(
            push_all, stop=lambda: stop_run("interrupted", "the run was told to stop")
        )


@contextlib.contextmanager
def _few_objects_to_collect() -> Iterator[None]:
    """Python's collector comes seldom, and walks past what was there before it.

    It took a third of a push's CPU: a row in flight is many objects, and none of them a cycle.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
