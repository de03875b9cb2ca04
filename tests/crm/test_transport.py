"""Connections that are made, kept and left: what goes over them, and to whom."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable

import pytest
import trustme
import uvloop
from pydantic import SecretStr

from contacts_pipeline.crm import (
    CrmClient,
    LocationClosed,
    Refused,
    StaticToken,
    UnclearFate,
    Unreachable,
)
from contacts_pipeline.crm import transport as transport_module
from tests.crm.asking import BODY, TOKEN, ask, failure, twice, until
from tests.crm.peer import ANSWER, Peer, Script, running_peer, says


def test_connection_that_the_server_closed_meanwhile_is_not_used() -> None:
    async def call(client: CrmClient) -> None:
        await client.upsert(BODY)
        (kept,) = client._transport._free  # noqa: SLF001 - to know that the close has arrived
        await until(lambda: not kept.is_free)
        await client.upsert(BODY)
        assert client.requests == 2

    with running_peer(says(ANSWER, keeps=False), says(ANSWER)) as peer:
        ask(peer.url, call)


@pytest.mark.parametrize("bodiless", [b"204 No Content", b"304 Not Modified"])
def test_close_is_no_answer_whatever_the_one_before(bodiless: bytes) -> None:
    async def call(client: CrmClient) -> str:
        with pytest.raises(UnclearFate):
            await client.upsert(BODY)
        with pytest.raises(UnclearFate) as caught:
            await client.upsert(BODY)
        return str(caught.value)

    with running_peer(says(b"HTTP/1.1 " + bodiless + b"\r\n\r\n", b"", keeps=False)) as peer:
        assert ask(peer.url, call) == "no whole answer (closed)"


def test_connection_that_answered_a_request_half_sent_is_not_used() -> None:
    async def call(client: CrmClient) -> None:
        with pytest.raises(Refused):
            await client.upsert(b" " * 16_000_000)
        await client.upsert(BODY)

    def answers_the_head(_peer: Peer, connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(ANSWER.replace(b"200 OK", b"413 Too Large"))
        done.wait(60)

    done = threading.Event()
    with running_peer(answers_the_head, says(ANSWER)) as peer:
        try:
            ask(peer.url, call)
        finally:
            done.set()


def test_connection_that_speaks_unasked_is_not_used() -> None:
    async def call(client: CrmClient) -> None:
        await client.upsert(BODY)
        (kept,) = client._transport._free  # noqa: SLF001 - to know that the words have arrived
        speak.set()
        await until(lambda: not kept.is_free)
        await client.upsert(BODY)

    speak = threading.Event()

    def speaks_unasked(peer: Peer, connection: socket.socket) -> None:
        says(ANSWER, keeps=False)(peer, connection)
        speak.wait()
        connection.sendall(ANSWER)
        connection.recv(1)

    with running_peer(speaks_unasked, says(ANSWER)) as peer:
        ask(peer.url, call)


def test_connection_that_was_idle_for_long_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "KEPT_SECONDS", -1.0)
    with running_peer(says(ANSWER), says(ANSWER)) as peer:
        twice(peer)
        assert peer.connections == 2


def test_request_is_sent_as_it_is_and_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    body = b'{ "email":"\xc3\xbc@example.com" }'

    async def call(client: CrmClient) -> None:
        await client.upsert(body)
        await client.get("a/../b?c d")
        with pytest.raises(UnclearFate):
            await client.find_duplicate("a+b@example.com", None)

    with running_peer(says(ANSWER, ANSWER, b"", keeps=False)) as peer:
        ask(f"{peer.url}/prefix/", call)
        upsert, get, find = (one.decode().split("\r\n") for one in peer.requests)
    assert upsert == [
        "POST /prefix/contacts/upsert HTTP/1.1",
        f"Host: localhost:{peer.port}",
        "User-Agent: contacts-pipeline",
        "Version: 2021-07-28",
        "Accept: application/json",
        "Accept-Encoding: gzip, deflate",
        "Content-Type: application/json",
        f"Authorization: Bearer {TOKEN}",
        f"Content-Length: {len(body)}",
        "",
        body.decode(),
    ]
    assert get[0] == "GET /prefix/contacts/a%2F..%2Fb%3Fc%20d HTTP/1.1"
    assert find[0].endswith("/duplicate?locationId=acme&email=a%2Bb%40example.com HTTP/1.1")
    assert [line for line in get[1:] if line] == upsert[1:8]


@pytest.mark.parametrize("token", ["pit\r\nX-Other: 1", "pit\n", "pït"])
def test_token_adds_no_header(token: str) -> None:
    with running_peer() as peer:
        error = failure(peer.url, token=token)
    assert isinstance(error, LocationClosed)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_certificate_of_the_host_by_a_trusted_authority_is_needed(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    other_host = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("crm.example.com").configure_cert(other_host)

    def upsert(tls: ssl.SSLContext, trusted: trustme.CA, *scripts: Script) -> list[bytes]:
        ours = ssl.create_default_context()
        trusted.configure_trust(ours)

        async def run() -> None:
            token = StaticToken(SecretStr(TOKEN))
            client = CrmClient(peer.url, "acme", token, ssl_context=ours, timeout_seconds=30)
            async with client:
                for _ in range(2):
                    await client.upsert(BODY)

        with running_peer(*scripts, tls=tls) as peer, asyncio.Runner(loop_factory=loop) as runner:
            runner.run(run())
        return peer.requests

    assert len(upsert(theirs, authority, says(ANSWER, ANSWER))) == 2
    for tls, trusted in ((theirs, stranger), (other_host, authority)):
        with pytest.raises(Unreachable):
            upsert(tls, trusted, says(ANSWER))


def test_handshake_that_never_ends_means_nothing_was_sent() -> None:
    def silent(_peer: Peer, connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with running_peer(silent) as peer:
        url = peer.url.replace("http:", "https:")
        assert isinstance(failure(url, timeout_seconds=0.3), Unreachable)
