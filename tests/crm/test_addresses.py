"""Many clients that connect at once ask for the CRM's address once."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import pytest
import uvloop

from contacts_pipeline.crm import Addresses
from contacts_pipeline.crm import addresses as module


class CountingLoop(uvloop.Loop):
    """The loop of a push, that counts the look-ups which it makes."""

    lookups = 0

    async def getaddrinfo(self, *given: Any, **more: Any) -> Any:
        self.lookups += 1
        return await super().getaddrinfo(*given, **more)


def lookups(work: Coroutine[None, None, None]) -> int:
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        runner.run(work)
        loop = runner.get_loop()
        assert isinstance(loop, CountingLoop)
        return loop.lookups


async def ask_by_many(addresses: Addresses, host: str) -> list[Any]:
    asking = (addresses.of(host, 443) for _ in range(50))
    return await asyncio.gather(*asking, return_exceptions=True)


def test_all_who_ask_meanwhile_or_soon_after_share_one_look_up() -> None:
    async def work() -> None:
        addresses = Addresses()
        for found in [
            *await ask_by_many(addresses, "localhost"),
            await addresses.of("localhost", 443),
        ]:
            assert {one[4][1] for one in found} == {443}

    assert lookups(work()) == 1


def test_an_address_is_believed_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BELIEVED_SECONDS", 0.01)

    async def work() -> None:
        addresses = Addresses()
        await addresses.of("localhost", 443)
        await asyncio.sleep(0.05)
        await addresses.of("localhost", 443)

    assert lookups(work()) == 2


def test_who_stops_waiting_does_not_stop_the_look_up_of_others() -> None:
    async def work() -> None:
        addresses = Addresses()
        first = asyncio.create_task(addresses.of("localhost", 443))
        second = asyncio.create_task(addresses.of("localhost", 443))
        await asyncio.sleep(0)
        first.cancel()
        assert await second

    assert lookups(work()) == 1


def test_a_host_that_is_not_found_is_said_to_all_and_looked_up_again() -> None:
    async def work() -> None:
        addresses = Addresses()
        for _ in range(2):
            found = await ask_by_many(addresses, "nowhere.invalid")
            assert all(isinstance(one, socket.gaierror) for one in found)
            await asyncio.sleep(0.01)

    assert lookups(work()) == 2
