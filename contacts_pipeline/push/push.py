"""A push of many locations in one process: one loop, one journal, a client and pace for each."""

import asyncio
import contextlib
import gc
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from contacts_pipeline.crm import Access, CrmClient, shared_ssl_context
from contacts_pipeline.ledger import Journal, Ledger, LedgerError
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
) -> dict[str, LocationReport]:
    """Push all locations at once; ends with the slowest, and each one's failure is its own.

    SIGTERM and Ctrl-C finish what is in flight, leave the rest deferred and return.

    Raises:
        LedgerError: the ledger failed; every location has finished what was in flight.
    """
    signals = {push.plan.location_id: StopSignal() for push in pushes}
    ssl_context = shared_ssl_context()

    def connect(location_id: str, access: Access, observe: Callable[[Any], None]) -> CrmClient:
        return CrmClient(
            settings.base_url,
            location_id,
            access,
            timeout_seconds=settings.timeout_seconds,
            ssl_context=ssl_context,
            observe=observe,
        )

    def stop_run(reason: str, told: str) -> None:
        for one in signals.values():
            one.set(reason, told)

    async def push_one(push: LocationPush, around: Surroundings) -> LocationReport | LedgerError:
        try:
            return await push_location(push, around, signals[push.plan.location_id])
        except LedgerError as error:
            stop_run(error.code, str(error))
            return error

    async def push_all() -> dict[str, LocationReport]:
        with _calling_on_signals(lambda: stop_run("interrupted", "the run was told to stop")):
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
                done = await asyncio.gather(*(push_one(push, around) for push in pushes))
        reports = {}
        for push, report in zip(pushes, done, strict=True):
            if isinstance(report, LedgerError):
                raise report
            reports[push.plan.location_id] = report
        return reports

    with _few_objects_to_collect(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(push_all())


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


@contextlib.contextmanager
def _calling_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
