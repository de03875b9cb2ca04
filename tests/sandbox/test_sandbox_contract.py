"""What other rooms and other projects rely on: the server, its handle, the fixture."""

import pytest

from contacts_pipeline.sandbox import (
    Fault,
    Faults,
    SandboxControlError,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
    serving_process,
)
from contacts_pipeline.sandbox.pytest import StartSandbox


def test_upsert_answers_new_then_known(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    first = crm.upsert(email="Ada@Example.com", firstName="Ada")
    again = crm.upsert(email="ada@example.com", lastName="Byron")
    assert (first.status, again.status) == (200, 200)
    assert first.json["new"] is True
    assert again.json["new"] is False
    assert first.json["contact"]["id"] == again.json["contact"]["id"]
    assert again.json["contact"]["name"] == "Ada Byron"
    assert again.json["traceId"]


def test_log_tells_who_was_sent_and_that_it_was_applied(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    crm.upsert(email="ada@example.com")
    crm.upsert(firstName="nobody")
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
        one.upsert("acme", **person)
    for person in reversed(people):
        other.upsert("acme", **person)
    assert one.state() != other.state()
    assert one.state(ids=False) == other.state(ids=False)


def test_seeded_contacts_are_there_from_the_start(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    (known,) = crm.seed_contacts(
        "acme", [{"email": "a@example.com", "additionalEmails": ["b@example.com"]}]
    )
    answer = crm.upsert(email="b@example.com").json
    assert (answer["new"], answer["contact"]["id"]) == (False, known)
    assert answer["contact"]["additionalEmails"] == []


def test_reset_forgets_contacts_and_log_but_numbers_go_on(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    crm.upsert(email="a@example.com")
    crm.reset()
    assert crm.contacts() == []
    assert crm.log() == []
    crm.upsert(email="a@example.com")
    assert [entry["seq"] for entry in crm.log(since=1)] == [2]


def test_faults_change_while_it_runs(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    crm.set_faults("503-after")
    assert crm.upsert(email="a@example.com").status == 503
    crm.set_faults()
    assert crm.upsert(email="a@example.com").json["new"] is False
    crm.set_faults(Faults(faults=(Fault.parse("500"),)))
    assert crm.upsert(email="c@example.com").status == 500
    assert [entry["label"] for entry in crm.log()] == ["applied", "applied", "not applied"]


def test_process_serves_the_same() -> None:
    options = SandboxOptions(locations=(SandboxLocation(id="acme"),), seed=7)
    with serving_process(options) as crm:
        assert crm.pid is not None
        assert crm.upsert(email="a@example.com").json["new"] is True
        there = crm.state(ids=False)
    with running_sandbox(options) as crm:
        crm.upsert(email="a@example.com")
        assert crm.state(ids=False) == there


def test_control_refuses_what_it_does_not_understand(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme")
    with pytest.raises(SandboxControlError, match="400"):
        crm.seed_contacts("elsewhere", [{"email": "a@example.com"}])
