"""Starts and stops the server: in a thread of this process, or in a process of its own.

A faulty connection is cut at the transport, which ASGI doesn't show; so the protocol
puts it into the scope.
"""

import asyncio
import gc
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from contacts_pipeline.sandbox.app import build_app
from contacts_pipeline.sandbox.door import TRANSPORT
from contacts_pipeline.sandbox.handle import RunningSandbox
from contacts_pipeline.sandbox.options import SandboxOptions
from contacts_pipeline.sandbox.persistence import Persistence
from contacts_pipeline.sandbox.world import World

LOOPBACK = "127.0.0.1"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
BACKLOG = 2048  # connections that wait to be taken
_OBJECTS_BETWEEN_COLLECTIONS = 50_000  # Python's own: 700


class TransportProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with the transport in the scope."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        cast("dict[str, object]", self.scope)[TRANSPORT] = self.transport


class SandboxServer(uvicorn.Server):
    """A uvicorn server that is told to stop by an event, not found out by polling."""

    def __init__(self, options: SandboxOptions, *, exposed: bool = False) -> None:
        self.world = World(options)
        self.persistence = Persistence(self.world)
        self._stop_requested: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready = threading.Event()
        config = uvicorn.Config(
            build_app(self.world, exposed=exposed),
            http=TransportProtocol,
            ws="none",
            lifespan="off",
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
            backlog=BACKLOG,
        )
        super().__init__(config)

    async def main_loop(self) -> None:
        """Serve until ``stop``."""
        self._loop = asyncio.get_running_loop()
        self._stop_requested = asyncio.Event()
        flushing = asyncio.create_task(self.persistence.keep_flushing())
        self.ready.set()
        try:
            if not self.should_exit:
                await self._stop_requested.wait()
        finally:
            flushing.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close every connection at once; a request in the middle of a pause is given up.

        uvicorn's own shutdown waits a tenth of a second at least, which a test suite with a
        server a test pays hundreds of times.
        """
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for task in list(self.server_state.tasks):
            task.cancel()
        await asyncio.sleep(0)
        for connection in list(self.server_state.connections):
            connection.shutdown()
        self.persistence.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on Ctrl-C or SIGTERM."""
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Stop serving, from any thread."""
        self.should_exit = True
        if self._loop is not None and self._stop_requested is not None:
            self._loop.call_soon_threadsafe(self._stop_requested.set)


@contextmanager
def running_sandbox(
    options: SandboxOptions | None = None, port: int = 0
) -> Iterator[RunningSandbox]:
    """Serve from a thread of this process; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    listener = listen(LOOPBACK, port)
    server = SandboxServer(options or SandboxOptions())
    thread = threading.Thread(target=server.run, args=([listener],), name="crm-sandbox")
    thread.start()
    try:
        if not server.ready.wait(START_SECONDS):
            raise RuntimeError("the sandbox did not start")
        yield RunningSandbox(server.world.options, url_of(listener.getsockname()))
    finally:
        server.stop()
        thread.join(STOP_SECONDS)
        listener.close()


@contextmanager
def serving_process(
    options: SandboxOptions | None = None, port: int = 0
) -> Iterator[RunningSandbox]:
    """Serve from a process of its own, which ends with this block or with this process."""
    options = options or SandboxOptions()
    command = [sys.executable, "-m", "contacts_pipeline.sandbox.child", str(port)]
    with subprocess.Popen(  # noqa: S603 - this interpreter, this package
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the sandbox has no pipes")
        process.stdin.write(options.model_dump_json() + "\n")
        process.stdin.flush()
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the sandbox did not start; its message is above")
        try:
            yield RunningSandbox(options, url, process.pid)
        finally:
            process.stdin.close()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def collect_seldom() -> None:
    """Let a process that is the sandbox's own look for cycles seldom.

    All that it holds stays, and looking through it took a third of its time.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; closed again if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def url_of(address: tuple[str, int]) -> str:
    """The base URL of a listening socket."""
    host, port = address[0], address[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
