"""What may stand between the client and the CRM: it notes, blocks, rewrites or compresses."""

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_NOT_PASSED_ON = {"host", "connection", "content-length", "accept-encoding", "transfer-encoding"}


@dataclass
class Edge:
    """Its address, the headers that it was asked with, and what it does; all may be changed."""

    url: str
    asked: list[Mapping[str, str]] = field(default_factory=list)
    blocks: Callable[[bytes], bool] = lambda _body: False
    rewrites: Callable[[bytes], bytes] = lambda answer: answer
    compresses: bool = False
    page: bytes = b"<html><head><title>Attention Required!</title></head></html>"


@contextmanager
def running_edge(target: str) -> Iterator[Edge]:
    """An edge in front of the CRM at ``target``."""
    edge = Edge("")
    crm = httpx.Client(base_url=target, trust_env=False)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def answer(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            edge.asked.append(asked)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if edge.blocks(body):
                self.tell(403, {"Content-Type": "text/html"}, edge.page)
                return
            told = crm.request(self.command, self.path, content=body, headers=_passed_on(asked))
            self.tell(told.status_code, _passed_on(told.headers), edge.rewrites(told.content))

        def tell(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if edge.compresses:
                body = gzip.compress(body)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer  # noqa: N815 - http.server's names

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, crm:
        server.daemon_threads = True
        server.block_on_close = False  # a connection that is kept would never end
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        edge.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield edge
        finally:
            server.shutdown()
            thread.join()


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
