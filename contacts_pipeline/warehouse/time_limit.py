"""``warehouse.timeout_seconds`` from this side: a statement and the taking of its rows.

A driver that can be told to stop is told; one that can't is left when its next batch arrives.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pyarrow as pa

Tell = Callable[[Exception], Exception]


class TimeLimit:
    """Whether a statement's time is up."""

    def __init__(self) -> None:
        self._up = threading.Event()

    @property
    def is_up(self) -> bool:
        """Then whatever the driver raised, it raised because of it."""
        return self._up.is_set()

    def kept_by(self, batches: pa.RecordBatchReader, told: Tell) -> pa.RecordBatchReader:
        """The same batches; what the driver raises between them is raised as ``told``."""
        return pa.RecordBatchReader.from_batches(batches.schema, self._in_time(batches, told))

    def _in_time(self, batches: pa.RecordBatchReader, told: Tell) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = batches.read_next_batch()
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - a driver may raise anything
                raise told(error) from None
            if self.is_up:
                raise told(TimeoutError())
            yield batch

    def _end(self, cancel: Callable[[], object]) -> None:
        self._up.set()
        with suppress(Exception):
            cancel()


@contextmanager
def time_limit(seconds: float, cancel: Callable[[], object]) -> Iterator[TimeLimit]:
    """After ``seconds`` the limit is up and ``cancel`` is called, from another thread."""
    limit = TimeLimit()
    timer = threading.Timer(seconds, limit._end, [cancel])  # noqa: SLF001 - its own
    timer.daemon = True
    timer.start()
    try:
        yield limit
    finally:
        timer.cancel()
