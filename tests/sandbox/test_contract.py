"""What other rooms and other projects rely on: the server, its handle, the fixture."""

import httpx
import pytest

from contacts_pipeline.sandbox import (
    Fault,
    Faults,
    RunningSandbox,
    SandboxControlError,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
    serving_process,
)
from contacts_pipeline.sandbox.pytest import StartSandbox


def upsert(crm: RunningSandbox, **fields: object) -> httpx.Response:
    body = {"locationId": crm.options.locations[0].id, **fields}
    return httpx.post(f"{crm.url}/contacts/upsert", json=body, headers=crm.headers, trust_env=False)


def test_upsert_answers_new_then_known(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    first = upsert(crm, email="Ada@Example.com", firstName="Ada")
    again = upsert(crm, email="ada@example.com", lastName="Byron")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["new"] is True
    assert again.json()["new"] is False
    assert first.json()["contact"]["id"] == again.json()["contact"]["id"]
    assert again.json()["contact"]["name"] == "Ada Byron"
    assert again.json()["traceId"]


def test_log_tells_who_was_sent_and_that_it_was_applied(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    upsert(crm, email="ada@example.com")
    upsert(crm, firstName="nobody")
    applied, refused = crm.log()
    assert applied["label"] == "applied"
    assert applied["applied"] is True
    assert (applied["email"], applied["location_id"], applied["status"]) == (
        "ada@example.com", "acme", 200,
    )  # fmt: skip
    assert (refused["label"], refused["status"]) == ("not applied", 400)
    assert crm.token not in str([applied, refused])
    assert crm.log(since=applied["seq"]) == [refused]
    assert (crm.count(), crm.count("upsert"), crm.count("applied")) == (2, 2, 1)


def test_state_without_ids_compares_across_servers(crm_sandbox: StartSandbox) -> None:
    one, other = crm_sandbox("acme"), crm_sandbox("acme")
    people = [{"email": f"p{number}@example.com", "tags": ["b", "a"]} for number in range(5)]
    for person in people:
        upsert(one, **person)
    for person in reversed(people):
        upsert(other, **person)
    assert one.state() != other.state()
    assert one.state(ids=False) == other.state(ids=False)


def test_seeded_contacts_are_there_from_the_start(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    (known,) = crm.seed_contacts(
        "acme", [{"email": "a@example.com", "additionalEmails": ["b@example.com"]}]
    )
    answer = upsert(crm, email="b@example.com").json()
    assert (answer["new"], answer["contact"]["id"]) == (False, known)
    assert answer["contact"]["additionalEmails"] == []


def test_reset_forgets_contacts_and_log_but_numbers_go_on(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    upsert(crm, email="a@example.com")
    crm.reset()
    assert crm.contacts() == []
    assert crm.log() == []
    upsert(crm, email="a@example.com")
    assert [entry["seq"] for entry in crm.log(since=1)] == [2]


def test_faults_change_while_it_runs(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    crm.set_faults("503-after")
    assert upsert(crm, email="a@example.com").status_code == 503
    crm.set_faults()
    assert upsert(crm, email="a@example.com").json()["new"] is False
    crm.set_faults(Faults(faults=(Fault.parse("500"),)))
    assert upsert(crm, email="c@example.com").status_code == 500
    assert [entry["label"] for entry in crm.log()] == ["applied", "applied", "not applied"]


def test_process_serves_the_same() -> None:
    options = SandboxOptions(locations=(SandboxLocation(id="acme"),), seed=7)
    with serving_process(options) as crm:
        assert crm.pid is not None
        assert upsert(crm, email="a@example.com").json()["new"] is True
        there = crm.state(ids=False)
    with running_sandbox(options) as crm:
        upsert(crm, email="a@example.com")
        assert crm.state(ids=False) == there


def test_control_refuses_what_it_does_not_understand(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    with pytest.raises(SandboxControlError, match="400"):
        crm.seed_contacts("elsewhere", [{"email": "a@example.com"}])
