"""A loop that runs in a thread of its own, beside whoever takes what it hands over."""

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

import uvloop

_ItemT = TypeVar("_ItemT")
_AnswerT = TypeVar("_AnswerT")


def run_beside(
    work: Callable[[Callable[[_ItemT], None]], Coroutine[None, None, None]],
    stop: Callable[[], None],
) -> Iterator[_ItemT]:
    """Run ``work(hand_over)``; yield what it hands over at once, while it goes on.

    ``stop`` is called in its loop on SIGTERM and Ctrl-C, and if the iterator is closed or left by
    an exception. All of these wait for the end of ``work``, whose exception is raised.
    """
    handed_over: SimpleQueue[list[_ItemT]] = SimpleQueue()
    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ThreadPoolExecutor(1) as thread,
    ):

        def tell() -> None:
            runner.get_loop().call_soon_threadsafe(stop)

        running = thread.submit(runner.run, work(lambda item: handed_over.put([item])))
        running.add_done_callback(lambda _: handed_over.put([]))
        try:
            while some := _on_signals(tell, handed_over.get):
                yield from some
        finally:
            tell()
            _on_signals(tell, running.result)


def _on_signals(tell: Callable[[], None], wait: Callable[[], _AnswerT]) -> _AnswerT:
    """``wait``'s answer; a signal that comes meanwhile calls ``tell``, and the waiting goes on."""
    if threading.current_thread() is not threading.main_thread():
        return wait()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda _number, _frame: tell())
    try:
        return wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
