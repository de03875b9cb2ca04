"""The client against the sandbox: every row of the vendor's error table, over real HTTP."""

import asyncio
import json
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from contacts_pipeline.crm import (
    ClientOutdated,
    CrmClient,
    CrmError,
    LocationClosed,
    NotApplied,
    RateLimited,
    RateLimits,
    Refused,
    StaticToken,
    UnclearFate,
    Unreachable,
    Upserted,
)
from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxCompany,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)

TOKEN = "pit-very-secret"
EMAIL = "ada.lovelace@example.com"
PHONE = "+12125550101"
BODY = json.dumps({"locationId": "acme", "email": EMAIL, "phone": PHONE}).encode()
COMPANY_TOKEN = "company-very-secret"

Call = Callable[[CrmClient], Awaitable[Any]]


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    options = SandboxOptions(
        locations=(
            SandboxLocation(id="acme", tokens=(TOKEN,)),
            SandboxLocation(id="other", tokens=("pit-other",)),
        ),
        companies=(SandboxCompany(tokens=(COMPANY_TOKEN,)),),
        token_scopes={"pit-other": ("contacts.readonly",)},
    )
    with running_sandbox(options) as sandbox:
        yield sandbox


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


def test_upsert_answers_with_the_contact(crm: RunningSandbox) -> None:
    first, second = ask(crm), ask(crm)
    assert (first.new, second.new) == (True, False)
    assert first.contact.id == second.contact.id == crm.contacts("acme")[0]["id"]
    assert first.trace_id


def test_version_header_refused_is_our_fault(crm: RunningSandbox) -> None:
    async def without_version(client: CrmClient) -> None:
        del client._headers["Version"]  # noqa: SLF001
        await client.upsert(BODY)

    assert isinstance(failure(crm, without_version), ClientOutdated)


@pytest.mark.parametrize("token", ["pit-other", COMPANY_TOKEN, "pit-unknown"])
def test_token_without_scope_of_wrong_class_or_invalid_closes_the_location(
    crm: RunningSandbox, token: str
) -> None:
    error = failure(crm, token=token, location="other")
    assert isinstance(error, LocationClosed)
    assert error.status in {401, 403}


@pytest.mark.parametrize("fault", ["token_revoked", "token_expired"])
def test_token_that_ended_closes_the_location(crm: RunningSandbox, fault: str) -> None:
    crm.set_faults(fault)
    error = failure(crm)
    assert isinstance(error, LocationClosed)
    assert error.status == 401


def test_token_of_another_location_closes_the_location(crm: RunningSandbox) -> None:
    body = json.dumps({"locationId": "other", "email": EMAIL}).encode()
    error = failure(crm, lambda client: client.upsert(body))
    assert isinstance(error, LocationClosed)
    assert error.status == 403


def test_html_403_closes_the_location(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.HTML, status=403))
    error = failure(crm)
    assert isinstance(error, LocationClosed)
    assert "page" in str(error)


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"nonsense": 1}, 422), ({"email": None}, 400), ({"country": "USA"}, 422)],
)
def test_refused_record_is_final(
    crm: RunningSandbox, fields: dict[str, object], status: int
) -> None:
    body = json.dumps({"locationId": "acme", "email": EMAIL, **fields}).encode()
    error = failure(crm, lambda client: client.upsert(body))
    assert isinstance(error, Refused)
    assert (error.status, bool(str(error))) == (status, True)


def test_permanent_dnd_refuses_this_record_only(crm: RunningSandbox) -> None:
    permanent = {"dndSettings": {"SMS": {"status": "permanent"}}}
    crm.seed_contacts("acme", [{"email": EMAIL, **permanent}])
    changed = {"dndSettings": {"SMS": {"status": "inactive", "message": "", "code": ""}}}
    body = json.dumps({"locationId": "acme", "email": EMAIL, **changed}).encode()
    error = failure(crm, lambda client: client.upsert(body))
    assert isinstance(error, Refused)
    assert "do-not-disturb" in str(error)


def test_missing_contact_is_refused(crm: RunningSandbox) -> None:
    assert isinstance(failure(crm, lambda client: client.get("nobody/../x")), Refused)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("fault", ["408", "500", "502", "503", "504", "524", "reset", "close"])
def test_fate_is_unclear(crm: RunningSandbox, fault: str, when: str) -> None:
    crm.set_faults(f"{fault}-{when}")
    assert isinstance(failure(crm), UnclearFate)
    assert bool(crm.contacts("acme")) is (when == "after")


@pytest.mark.parametrize("fault", ["malformed", "empty", "truncated"])
def test_garbled_answer_leaves_the_fate_unclear(crm: RunningSandbox, fault: str) -> None:
    crm.set_faults(fault)
    assert isinstance(failure(crm), UnclearFate)
    assert crm.contacts("acme")


def test_html_200_leaves_the_fate_unclear(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.HTML, status=200))
    assert isinstance(failure(crm), UnclearFate)


def test_redirect_is_not_followed_with_the_token(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.HTML, status=307))
    assert isinstance(failure(crm), UnclearFate)
    assert crm.count() == 1


def test_time_out_leaves_the_fate_unclear(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.SLOW, seconds=1.5))
    assert isinstance(failure(crm, timeout_seconds=0.2), UnclearFate)


def test_no_connection_means_nothing_was_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = failure(f"http://127.0.0.1:{port}")
    assert isinstance(error, Unreachable)
    assert isinstance(error, NotApplied)
    assert isinstance(failure("http://no-such-host.invalid"), Unreachable)


@pytest.mark.parametrize("fault", ["reset-after", "close-after"])
def test_broken_kept_connection_repeats_no_request_by_itself(
    crm: RunningSandbox, fault: str
) -> None:
    """An update is a PUT, which HTTP libraries like to send again on their own."""

    async def twice(client: CrmClient) -> None:
        contact = (await client.upsert(BODY)).contact
        crm.set_faults(fault)
        before = crm.count()
        for call in (client.update(contact.id, b'{"city": "London"}'), client.get(contact.id)):
            with pytest.raises(UnclearFate):
                await call
        assert crm.count() == before + 2
        assert client.requests == 3

    ask(crm, twice)


@pytest.mark.parametrize("retry_after", [True, False])
@pytest.mark.parametrize("body", ["json", "html"])
def test_rate_limit_tells_how_long(*, retry_after: bool, body: Any) -> None:
    location = SandboxLocation(id="acme", burst_limit=1, interval_ms=60_000, tokens=(TOKEN,))
    options = SandboxOptions(
        locations=(location,), retry_after=retry_after, rules=SandboxRules(limited_body=body)
    )
    with running_sandbox(options) as crm:
        ask(crm)
        error = failure(crm)
    assert isinstance(error, RateLimited)
    assert (error.code, error.daily_budget_spent) == ("rate_limited", False)
    assert (error.limits.retry_after_seconds is not None) is retry_after
    assert error.limits.burst_remaining == 0


def test_day_that_is_used_up_is_no_burst(crm: RunningSandbox) -> None:
    crm.set_faults("daily_quota")
    error = failure(crm)
    assert isinstance(error, RateLimited)
    assert (error.code, error.daily_budget_spent) == ("daily_budget", True)


def test_every_answer_tells_the_limits(crm: RunningSandbox) -> None:
    observed: list[RateLimits] = []
    ask(crm, observed=observed)
    failure(crm, lambda client: client.upsert(b"{}"), observed=observed)
    assert [(one.burst, one.interval_seconds) for one in observed] == [(100, 10.0)] * 2
    assert observed[0].burst_remaining == 99


@pytest.mark.parametrize(
    "garbage", ["", "many", "-1", "nan", "inf", "1e999", "0x10", "12;34", "Wed, 21 Oct 2026"]
)
def test_garbage_in_a_header_counts_as_absent(garbage: str) -> None:
    names = ["Limit-Daily", "Daily-Remaining", "Interval-Milliseconds", "Max", "Remaining"]
    headers = {f"X-RateLimit-{name}": garbage for name in names} | {"Retry-After": garbage}
    assert RateLimits.of(httpx.Headers(headers)) == RateLimits()


def test_impossible_interval_counts_as_absent() -> None:
    for milliseconds in ("0", "1e15"):
        headers = {"X-RateLimit-Interval-Milliseconds": milliseconds}
        assert RateLimits.of(httpx.Headers(headers)).interval_seconds is None


def test_nothing_secret_is_logged(crm: RunningSandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask(crm)
    found = ask(crm, lambda client: client.find_duplicate(EMAIL, PHONE))
    assert found.email == EMAIL
    crm.set_faults("reset-after", "500-after")
    failure(crm)
    failure(crm, lambda client: client.find_duplicate(EMAIL, PHONE))
    failure(crm, token="pit-unknown", location="other")
    for secret in (TOKEN, EMAIL, PHONE, "ada.lovelace"):
        assert secret not in caplog.text


def test_message_of_the_crm_loses_what_it_quotes(crm: RunningSandbox) -> None:
    body = json.dumps({"locationId": "acme", "email": EMAIL, "website": {"x": PHONE}}).encode()
    assert isinstance(failure(crm, lambda client: client.upsert(body)), Refused)


def test_looking_up_finds_none_or_the_contact(crm: RunningSandbox) -> None:
    assert ask(crm, lambda client: client.find_duplicate(EMAIL, None)) is None
    contact = ask(crm).contact
    assert ask(crm, lambda client: client.find_duplicate(None, PHONE)).id == contact.id
