"""Faults: what the caller gets, and that the log tells whether the write took effect."""

import socket
import time
from http.client import BadStatusLine, HTTPException, IncompleteRead

import pytest
from pydantic import ValidationError

from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    Faults,
    RunningSandbox,
    SandboxLocation,
    SandboxOAuthClient,
)
from contacts_pipeline.sandbox.faults import FaultPlan
from contacts_pipeline.sandbox.pytest import StartSandbox

ADA = "ada@example.com"
STATUSES = ["500", "502", "503", "504", "524", "408"]


def is_applied(crm: RunningSandbox) -> bool:
    """Whether the last request changed the CRM, as log and state agree."""
    entry = crm.log()[-1]
    there: bool = len(crm.contacts()) > 0
    assert bool(entry["applied"]) is there
    assert entry["label"] == ("applied" if there else "not applied")
    return there


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("status", STATUSES)
def test_status_fault(crm: RunningSandbox, status: str, when: str) -> None:
    crm.set_faults(f"{status}-{when}")
    reply = crm.upsert(email=ADA)
    assert reply.status == int(status)
    assert is_applied(crm) is (when == "after")
    entry = crm.log()[-1]
    assert (entry["fault"], entry["status"]) == (f"{status}-{when}", int(status))


@pytest.mark.parametrize("when", ["before", "after"])
def test_reset_is_a_reset_and_close_a_close(crm: RunningSandbox, when: str) -> None:
    crm.set_faults(f"reset-{when}")
    with pytest.raises(ConnectionResetError):
        crm.upsert(email=ADA)
    assert is_applied(crm) is (when == "after")
    crm.reset()
    crm.set_faults(f"close-{when}")
    with pytest.raises(BadStatusLine):
        crm.upsert(email=ADA)
    assert is_applied(crm) is (when == "after")
    assert crm.log()[-1]["status"] is None


def test_html_comes_with_any_status(crm: RunningSandbox) -> None:
    for status in (200, 403, 429, 502):
        crm.set_faults(Fault(kind=FaultKind.HTML, status=status))
        reply = crm.upsert(email=ADA)
        assert (reply.status, reply.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert not is_applied(crm)


def test_truncated_malformed_and_empty_answers_follow_the_write(crm: RunningSandbox) -> None:
    crm.set_faults("truncated")
    with pytest.raises(IncompleteRead):
        crm.upsert(email=ADA)
    assert is_applied(crm)
    crm.set_faults("malformed")
    malformed = crm.upsert(email=ADA)
    assert malformed.status == 200
    with pytest.raises(ValueError, match="line 1"):
        _ = malformed.json
    crm.set_faults("empty")
    assert (crm.upsert(email=ADA).status, crm.upsert(email=ADA).text) == (200, "")
    assert [entry["label"] for entry in crm.log()] == ["applied"] * 4


@pytest.mark.parametrize("when", ["before", "after"])
def test_slow_is_applied_in_the_end(crm: RunningSandbox, when: str) -> None:
    slow = Fault.model_validate({"kind": "slow", "when": when, "seconds": 0.3})
    crm.set_faults(slow)
    started = time.monotonic()
    assert crm.upsert(email=ADA).status == 200
    assert time.monotonic() - started >= 0.3
    assert is_applied(crm)


def test_slow_write_goes_on_when_the_caller_hangs_up(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.SLOW, seconds=0.3))
    host, port = crm.url.removeprefix("http://").split(":")
    body = b'{"locationId": "acme", "email": "ada@example.com"}'
    head = "\r\n".join(
        ["POST /contacts/upsert HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
        + [f"{name}: {value}" for name, value in crm.headers.items()]
    )
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        time.sleep(0.05)
    assert crm.contacts() == []
    time.sleep(0.5)
    assert is_applied(crm)


def test_revoked_token_stays_revoked_until_the_faults_are_cleared(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, times=1))
    assert [crm.upsert(email=ADA).status for _ in range(2)] == [401, 401]
    assert not is_applied(crm)
    crm.set_faults()
    assert crm.upsert(email=ADA).status == 200


def test_expired_token_is_renewed_by_a_refresh(crm_sandbox: StartSandbox) -> None:
    app = SandboxOAuthClient(
        client_id="app", client_secret="hush", refresh_tokens=("first",), location_id="acme"
    )
    crm = crm_sandbox("acme", oauth_clients=(app,))
    form = "client_id=app&client_secret=hush&grant_type=refresh_token&refresh_token="

    def bearer(refresh: str) -> tuple[dict[str, str], str]:
        issued = crm.call("POST", "/oauth/token", form + refresh).json
        return {"Authorization": f"Bearer {issued['access_token']}"}, issued["refresh_token"]

    body = {"locationId": "acme", "email": ADA}
    headers, refresh = bearer("first")
    crm.set_faults(Fault(kind=FaultKind.TOKEN_EXPIRED, times=1))
    assert crm.call("POST", "/contacts/upsert", body, headers=headers).status == 401
    assert crm.call("POST", "/contacts/upsert", body, headers=headers).status == 401
    headers, _ = bearer(refresh)
    assert crm.call("POST", "/contacts/upsert", body, headers=headers).status == 200


def test_daily_quota_is_used_up(crm: RunningSandbox) -> None:
    crm.set_faults(Fault(kind=FaultKind.DAILY_QUOTA, times=1))
    for _ in range(2):
        reply = crm.upsert(email=ADA)
        assert (reply.status, reply.headers["x-ratelimit-daily-remaining"]) == (429, "0")
    assert not is_applied(crm)


def test_refused_request_under_a_fault_is_not_applied(crm: RunningSandbox) -> None:
    crm.set_faults("503-after")
    assert crm.upsert(firstName="nobody").status == 503
    assert not is_applied(crm)


def test_only_the_named_operations_and_locations_are_hit(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("north", "south")
    crm.set_faults(Fault(kind=FaultKind.BAD_GATEWAY, operations=("upsert",), locations=("north",)))
    assert crm.upsert("north", email=ADA).status == 502
    assert crm.upsert("south", email=ADA).status == 200
    assert crm.call("POST", "/contacts/search", {"locationId": "north"}).status == 200


def test_script_is_played_in_order(crm: RunningSandbox) -> None:
    crm.script_faults("503", None, "429", "none", "reset-after")
    statuses: list[int | str] = []
    for number in range(6):
        try:
            statuses.append(crm.upsert(email=f"p{number}@x.org").status)
        except (OSError, HTTPException) as error:
            statuses.append(type(error).__name__)
    assert statuses == [503, 200, 429, 200, "ConnectionResetError", 200]


def test_random_faults_repeat_with_their_seed() -> None:
    def drawn(seed: int) -> list[str | None]:
        plan = FaultPlan(Faults.model_validate({"faults": ["503=0.3", "reset=0.1"], "seed": seed}))
        draws = [plan.draw("upsert", "acme") for _ in range(200)]
        return [fault.label if fault else None for fault in draws]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 35 <= drawn(1).count("503-before") <= 85


def test_skip_and_times_bound_a_fault(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme"))
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, skip=2, times=1))
    assert [crm.upsert(email=ADA).status for _ in range(5)] == [200, 200, 503, 200, 200]


@pytest.mark.parametrize("text", ["999", "503-during", "503=2", "token_revoked-after"])
def test_impossible_faults_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Fault.parse(text)
