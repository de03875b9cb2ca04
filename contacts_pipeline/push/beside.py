"""A loop that runs in a thread of its own, beside whoever takes what it hands over."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from queue import SimpleQueue
from typing import Any, TypeVar

import uvloop

_ItemT = TypeVar("_ItemT")


def run_beside(
    work: Callable[[Callable[[_ItemT], None]], Coroutine[None, None, None]],
    stop: Callable[[], None],
) -> Generator[_ItemT, None, None]:
    """Run ``work(hand_over)``; yield what it hands over at once, while it goes on.

    ``stop`` is called in its loop on SIGTERM and Ctrl-C, and if the iterator is closed or left by
    an exception. All of these wait for the end of ``work``, whose exception is raised. Whoever
    takes it exhausts or closes it: left alone, ``work`` would go on to its end.
    """
    handed_over: SimpleQueue[list[_ItemT]] = SimpleQueue()
    begun: Future[asyncio.AbstractEventLoop] = Future()

    async def begin_and_work() -> None:
        begun.set_result(asyncio.get_running_loop())
        await work(lambda item: handed_over.put([item]))

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(begin_and_work())

    def tell_loop(loop: Future[asyncio.AbstractEventLoop]) -> None:
        with suppress(RuntimeError):  # it has ended
            loop.result().call_soon_threadsafe(stop)

    def tell() -> None:
        begun.add_done_callback(tell_loop)

    with _on_signals(tell) as as_before, ThreadPoolExecutor(1) as thread:
        running = thread.submit(run)
        running.add_done_callback(lambda _: handed_over.put([]))
        try:
            while some := handed_over.get():
                with as_before():
                    yield from some
        finally:
            tell()
            running.result()


@contextmanager
def _on_signals(tell: Callable[[], None]) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A signal calls ``tell``, but within what is given it does what it did before.

    All the while, since an exception of a handler would break a lock that is being taken.
    """
    if threading.current_thread() is not threading.main_thread():
        yield nullcontext
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    ours = dict.fromkeys(before, lambda _number, _frame: tell())

    @contextmanager
    def as_before() -> Iterator[None]:
        _handle(before)
        try:
            yield
        finally:
            _handle(ours)

    _handle(ours)
    try:
        yield as_before
    finally:
        _handle(before)


def _handle(handlers: Mapping[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
