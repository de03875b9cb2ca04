"""A server of plain sockets that says exactly what a test wants, a script a connection."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

DOCUMENT = json.dumps({"new": True, "contact": {"id": "c1"}}).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(DOCUMENT), DOCUMENT)


@dataclass
class Peer:
    """Its address, what it was sent, and how many connections were made to it."""

    port: int
    scheme: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    left: threading.Event = field(default_factory=threading.Event)
    """Set once a client has closed a connection that was kept for it."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"


Script = Callable[[Peer, socket.socket], None]


def says(*answers: bytes | Sequence[bytes], keeps: bool = True) -> Script:
    """A request, an answer, and so on; an answer of several parts is sent in so many packets."""

    def script(peer: Peer, connection: socket.socket) -> None:
        for answer in answers:
            peer.requests.append(_request(connection))
            for part in [answer] if isinstance(answer, bytes) else answer:
                connection.sendall(part)
        if keeps and not connection.recv(1):
            peer.left.set()

    return script


@contextmanager
def running_peer(*scripts: Script, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """The first connection gets the first script, and so on; what comes after them is refused."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        peer = Peer(listening.getsockname()[1], "http" if tls is None else "https")
        threads: list[threading.Thread] = []

        def accept() -> None:
            for script in scripts:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                peer.connections += 1
                threads.append(threading.Thread(target=serve, args=(script, connection)))
                threads[-1].start()
            listening.close()

        def serve(script: Script, connection: socket.socket) -> None:
            connection.settimeout(60)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):
                over = tls.wrap_socket(connection, server_side=True) if tls else connection
                with over:
                    script(peer, over)
            connection.close()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield peer
        finally:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def _request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += _some(connection)
    length = read.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]
    while len(read.partition(b"\r\n\r\n")[2]) < int(length or 0):
        read += _some(connection)
    return read


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError
    return data
