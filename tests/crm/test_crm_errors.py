"""The client against the sandbox: every row of the vendor's error table, over real HTTP."""

import json
import socket

import pytest

from contacts_pipeline.crm import (
    BlockedByEdge,
    ClientOutdated,
    CrmClient,
    LocationClosed,
    NotApplied,
    Refused,
    UnclearFate,
    Unreachable,
)
from contacts_pipeline.sandbox import Fault, FaultKind, RunningSandbox
from tests.crm.asking import BODY, COMPANY_TOKEN, EMAIL, PHONE, ask, failure
from tests.edge import running_edge


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


def test_page_with_a_403_refuses_this_record_and_says_nothing_of_the_token(
    crm: RunningSandbox,
) -> None:
    crm.set_faults(Fault(kind=FaultKind.HTML, status=403))
    error = failure(crm)
    assert isinstance(error, BlockedByEdge)
    assert (error.code, error.status) == ("blocked_by_edge", 403)
    assert str(error) == "refused by a page instead of the API: 403 Error"


@pytest.mark.parametrize("page", [b"", b"{}", b"[]", b"<html>p@example.com</html>"])
def test_403_without_a_word_of_the_api_is_told_by_its_status(
    crm: RunningSandbox, page: bytes
) -> None:
    with running_edge(crm.url) as edge:
        edge.page = page
        edge.blocks = lambda body: EMAIL.encode() in body
        assert str(failure(edge.url)) == "refused by a page instead of the API: HTTP 403"


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


def test_message_of_the_crm_loses_what_it_quotes(crm: RunningSandbox) -> None:
    body = json.dumps({"locationId": "acme", "email": EMAIL, "website": {"x": PHONE}}).encode()
    assert isinstance(failure(crm, lambda client: client.upsert(body)), Refused)
