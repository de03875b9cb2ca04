"""The client against the sandbox: answers, the limits that they tell, and what is logged."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from contacts_pipeline.crm import RateLimited, RateLimits
from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)
from tests.crm.asking import EMAIL, PHONE, TOKEN, ask, failure
from tests.edge import running_edge


def test_upsert_answers_with_the_contact(crm: RunningSandbox) -> None:
    first, second = ask(crm), ask(crm)
    assert (first.new, second.new) == (True, False)
    assert first.contact.id == second.contact.id == crm.contacts("acme")[0]["id"]
    assert first.trace_id


def test_only_compression_that_is_always_understood_is_asked_for(
    crm: RunningSandbox,
) -> None:
    with running_edge(crm.url) as edge:
        edge.compresses = True
        assert ask(edge.url).contact.email == EMAIL
        (headers,) = edge.asked
    assert headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    "half", [rb"\ud83d", rb"\uDE00", b"\xed\xa0\xbd"], ids=["first", "second", "as bytes"]
)
def test_half_of_an_emoji_is_read_as_a_sign_that_can_be_written(
    crm: RunningSandbox, half: bytes
) -> None:
    """JavaScript cuts texts so; wherever in an answer it stands, and whole ones stay whole."""
    answer = {"contact": {"id": "c1", "tags": ["Nice HALF", "WHOLE"], "HALF": {"deep": "HALF"}}}
    cut = json.dumps(answer).encode().replace(b"HALF", half).replace(b"WHOLE", rb"\ud83d\ude00")
    with running_edge(crm.url) as edge:
        edge.rewrites = lambda _answer: cut
        contact = ask(edge.url).contact
    assert contact.fields == {
        "id": "c1",
        "tags": ["Nice \ufffd", "😀"],
        "\ufffd": {"deep": "\ufffd"},
    }


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
    assert RateLimits.of(_as_told(headers)) == RateLimits()


def _as_told(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode(): value.encode() for name, value in headers.items()}


def test_impossible_interval_counts_as_absent() -> None:
    for milliseconds in ("0", "1e15"):
        headers = {"X-RateLimit-Interval-Milliseconds": milliseconds}
        assert RateLimits.of(_as_told(headers)).interval_seconds is None


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


def test_looking_up_finds_none_or_the_contact(crm: RunningSandbox) -> None:
    assert ask(crm, lambda client: client.find_duplicate(EMAIL, None)) is None
    contact = ask(crm).contact
    assert ask(crm, lambda client: client.find_duplicate(None, PHONE)).id == contact.id
