"""PostgreSQL beyond this machine, over TLS: the wheel's server has none, so it ends before it."""

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse import examine
from tests.warehouse.warehouses import PostgresWarehouse

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


@contextmanager
def terminator(server: Path, tls: ssl.SSLContext | None) -> Iterator[int]:
    """The port of a relay to the server's socket, which offers TLS where it has a certificate."""

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            if client.recv(8) != SSL_REQUEST:
                return
            client.sendall(b"S" if tls else b"N")
            if tls is None:
                return
            try:
                client = tls.wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError):
                return
            with socket.socket(socket.AF_UNIX) as behind, client:
                behind.connect(str(server))
                back = threading.Thread(target=relay, args=(behind, client))
                back.start()
                relay(client, behind)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Relay) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield listening.server_address[1]
        finally:
            listening.shutdown()
            thread.join()


def relay(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def remote(warehouse: PostgresWarehouse, port: int, **parameters: Any) -> PostgresWarehouse:
    """The same database, called by a name that is not this machine's."""
    database = urlsplit(warehouse.url).path
    given = "".join(f"&{name}={value}" for name, value in parameters.items())
    url = f"postgresql://postgres@db.example:{port}{database}?hostaddr=127.0.0.1{given}"
    return PostgresWarehouse(url, warehouse.folder)


def kind(warehouse: PostgresWarehouse) -> str:
    with pytest.raises(WarehouseError) as caught:
        warehouse.extract()
    return caught.value.kind


@pytest.fixture
def server_socket(warehouse: PostgresWarehouse) -> Path:
    (folder,) = parse_qs(urlsplit(warehouse.url).query)["host"]
    return next(Path(folder).glob(".s.PGSQL.*[0-9]"))


def test_only_a_trusted_certificate_of_that_name_will_do(
    warehouse: PostgresWarehouse, server_socket: Path, tmp_path: Path
) -> None:
    authority, roots = trustme.CA(), tmp_path / "root.pem"
    authority.cert_pem.write_to_path(roots)
    for name, expected in (("db.example", None), ("other.example", "other_name")):
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(tls)
        with terminator(server_socket, tls) as port:
            assert kind(remote(warehouse, port)) == "certificate", "nobody knows this authority"
            trusting = remote(warehouse, port, sslrootcert=roots)
            if expected:
                assert kind(trusting) == expected
            else:
                assert trusting.extract().rows == 0
                unchecked = remote(warehouse, port, sslmode="require")
                found = examine(unchecked.settings(), tmp_path / "scratch")
                assert "warehouse_unverified" in {one.code for one in found}


def test_a_server_without_tls_is_not_told_the_login(
    warehouse: PostgresWarehouse, server_socket: Path
) -> None:
    with terminator(server_socket, None) as port:
        assert kind(remote(warehouse, port)) == "unencrypted"
