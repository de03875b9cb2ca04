"""A connection against a server that says anything: whole answers, and all that is none."""

import asyncio
import gzip
import zlib

import pytest

from contacts_pipeline.crm import CrmClient, UnclearFate
from contacts_pipeline.crm import connection as connection_module
from tests.crm.asking import BODY, ask, failure, twice, until
from tests.crm.peer import ANSWER, DOCUMENT, running_peer, says

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(DOCUMENT), DOCUMENT)


def with_length(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return HEAD + lines + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.parametrize(
    "answer",
    [
        [ANSWER],
        [bytes([byte]) for byte in ANSWER],
        [CHUNKED + b"0\r\n\r\n"],
        [CHUNKED, b"0\r\nContent-Encoding: trailer\r\n\r\n"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ANSWER],
        [with_length(gzip.compress(DOCUMENT, mtime=0), b"content-encoding: GZIP")],
        [with_length(zlib.compress(DOCUMENT), b"Content-Encoding: deflate")],
        [ANSWER.replace(b"\r\n", b"\n", 1)],
        [ANSWER.replace(b"\r\n", b"\r\nX-Told: one\r\n  two\r\n", 1)],
    ],
    ids=[
        *("at once", "drop by drop", "chunked", "trailers", "announced", "gzip", "deflate"),
        *("bare line feed", "folded header"),
    ],
)
def test_answer_is_read_however_it_is_sent(answer: list[bytes]) -> None:
    with running_peer(says(answer, ANSWER)) as peer:
        assert [one.contact.id for one in twice(peer)] == ["c1", "c1"]
        assert peer.connections == 1, "the connection is kept"


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER.replace(b"\r\n", b"\r\nConnection: close\r\n", 1),
        ANSWER.replace(b"1.1", b"1.0", 1),
        ANSWER + ANSWER,
        ANSWER + b"rubbish",
    ],
    ids=["close", "HTTP/1.0", "another answer", "rubbish behind it"],
)
def test_connection_that_ends_or_says_too_much_is_not_used_again(answer: bytes) -> None:
    with running_peer(says(answer), says(ANSWER)) as peer:
        assert [one.contact.id for one in twice(peer)] == ["c1", "c1"]
        assert peer.connections == len(peer.requests) == 2


def test_answer_without_a_length_ends_with_its_connection() -> None:
    with running_peer(says([HEAD + b"\r\n", DOCUMENT], keeps=False), says(ANSWER)) as peer:
        assert [one.contact.id for one in twice(peer)] == ["c1", "c1"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"rubbish",
        b"HTTP/2 200 OK\r\n\r\n",
        HEAD,
        HEAD + b"Content-Le",
        ANSWER[:-1],
        CHUNKED,
        CHUNKED.replace(b"\r\n\r\n", b"\r\n\r\nzz", 1),
        ANSWER.replace(b"\r\n", b"\r\nContent-Length: 1\r\n", 1),
        ANSWER.replace(b"\r\n", b"\r\nTransfer-Encoding: chunked\r\n", 1),
        ANSWER.replace(b"Length: ", b"Length: -"),
        ANSWER.replace(b"\r\n", b"\r\nbad name\0: 1\r\n", 1),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n\r\n",
        with_length(DOCUMENT, b"Content-Encoding: gzip"),
        with_length(gzip.compress(DOCUMENT, mtime=0)[:30], b"Content-Encoding: gzip"),
    ],
    ids=[
        *("nothing", "rubbish", "HTTP/2", "half a head", "half a header", "half a body"),
        *("half the chunks", "a chunk without a length", "two lengths", "a length and chunks"),
        *("negative length", "bad header", "another protocol", "only announced"),
        *("no content", "not modified", "not compressed", "half compressed"),
    ],
)
def test_what_is_no_whole_answer_leaves_the_fate_unclear(answer: bytes) -> None:
    with running_peer(says(answer, keeps=False)) as peer:
        assert isinstance(failure(peer.url), UnclearFate)
        assert len(peer.requests) == 1, "nothing is sent again by itself"


@pytest.mark.parametrize(
    "head", [HEAD, HEAD + b"Content-Length: 900000\r\n\r\n"], ids=["head", "body"]
)
def test_answer_that_is_too_long_leaves_the_fate_unclear(
    head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "MOST_BYTES", 200_000)
    with running_peer(says([head, *[b"X-More: %040d\r\n" % 0] * 10_000])) as peer:
        assert str(failure(peer.url)) == "no whole answer (too long)"


@pytest.mark.parametrize("said", [b"", ANSWER[:-1]], ids=["nothing", "nearly all"])
def test_who_waits_too_long_hangs_up(said: bytes) -> None:
    with running_peer(says(said)) as peer:
        assert isinstance(failure(peer.url, timeout_seconds=0.3), UnclearFate)
        assert peer.left.wait(60)


def test_who_stops_waiting_hangs_up() -> None:
    async def stop_waiting(client: CrmClient) -> None:
        asking = asyncio.create_task(client.upsert(BODY))
        await until(lambda: bool(peer.requests))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    with running_peer(says(b"")) as peer:
        ask(peer.url, stop_waiting)
        assert peer.left.wait(60)
