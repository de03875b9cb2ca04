"""Asking a sandbox by the client; an error of it must tell no secret."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from contacts_pipeline.crm import CrmClient, CrmError, RateLimits, StaticToken, Upserted
from contacts_pipeline.sandbox import RunningSandbox
from tests.crm.peer import Peer

TOKEN = "pit-very-secret"
EMAIL = "ada.lovelace@example.com"
PHONE = "+12125550101"
BODY = json.dumps({"locationId": "acme", "email": EMAIL, "phone": PHONE}).encode()
COMPANY_TOKEN = "company-very-secret"

Call = Callable[[CrmClient], Awaitable[Any]]


def upsert(client: CrmClient) -> Awaitable[Upserted]:
    return client.upsert(BODY)


def ask(
    crm: RunningSandbox | str,
    call: Call = upsert,
    *,
    token: str = TOKEN,
    location: str = "acme",
    timeout_seconds: float = 10,
    observed: list[RateLimits] | None = None,
) -> Any:
    async def run() -> Any:
        client = CrmClient(
            crm if isinstance(crm, str) else crm.url,
            location,
            StaticToken(SecretStr(token)),
            timeout_seconds=timeout_seconds,
            observe=observed.append if observed is not None else lambda _: None,
        )
        assert token not in repr(client) + repr(vars(client)["_transport"])
        async with client:
            return await call(client)

    return asyncio.run(run())


def failure(crm: RunningSandbox | str, call: Call = upsert, **given: Any) -> CrmError:
    """The error of a call, with no token and no value in it or in what it keeps."""
    with pytest.raises(CrmError) as caught:
        ask(crm, call, **given)
    error: BaseException | None = caught.value
    while error is not None:
        shown = f"{error} {error!r} {vars(error)}"
        for secret in (TOKEN, COMPANY_TOKEN, "pit-other", EMAIL, PHONE, "2125550101"):
            assert secret not in shown
        error = error.__cause__ or error.__context__
    return caught.value


def twice(peer: Peer) -> list[Upserted]:
    async def call(client: CrmClient) -> list[Upserted]:
        return [await client.upsert(BODY), await client.upsert(BODY)]

    answers: list[Upserted] = ask(peer.url, call)
    return answers


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - another thread makes it so
        await asyncio.sleep(0.01)
