"""One contact's way: unclear fates, refusals, and tries that are used up."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from contacts_pipeline.sandbox import Fault, FaultKind, Faults, RunningSandbox
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_ledger_equals, upserts
from tests.push.project import Project, people, person, wait_for

PHONE = "+12125550444"
UNCLEAR_BUT_APPLIED = ["500-after", "reset-after", "close-after", "malformed", "empty", "truncated"]
NOT_APPLIED_BUT_UNCLEAR = ["503-before", "408-before", "reset-before", "close-before"]


def once(fault: str, *operations: str) -> Fault:
    return Fault.parse(fault).model_copy(update={"times": 1, "operations": operations})


@pytest.mark.parametrize("fault", UNCLEAR_BUT_APPLIED)
def test_found_as_wanted_is_not_sent_again(
    crm: RunningSandbox, project: MakeProject, fault: str
) -> None:
    acme = project(people(1, dnd="true", tags="vip, new"))
    crm.set_faults(once(fault, "upsert"))
    report = acme.push()["acme"]
    assert (report.created, report.retries) == (1, 0)
    assert crm.count("upsert") == 1
    assert acme.outcomes()["acme-0"]["inferred"]
    assert crm.contacts("acme")[0]["tags"] == ["new", "vip"]
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize("fault", NOT_APPLIED_BUT_UNCLEAR)
def test_absent_is_sent_again(crm: RunningSandbox, project: MakeProject, fault: str) -> None:
    acme = project(people(1))
    crm.set_faults(once(fault, "upsert"))
    report = acme.push()["acme"]
    assert (report.created, report.retries, report.requests) == (1, 1, 3)
    assert crm.count("upsert") == 2
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize(
    "changed", [{"city": "Rome"}, {"dnd": "true"}, {"phone": "+1 212 555 0199"}], ids=str
)
def test_found_but_different_is_sent_again(
    crm: RunningSandbox, project: MakeProject, changed: dict[str, str]
) -> None:
    """A do-not-contact is no field that may be left out because the name is right."""
    acme = project(people(1))
    acme.push()
    acme.write([person(0, **changed)])
    crm.set_faults(once("503-before", "upsert"))
    report = acme.push()["acme"]
    assert (report.updated, crm.count("upsert")) == (1, 3)
    assert_ledger_equals(crm, acme)


def test_row_whose_earlier_push_ended_unclear_is_looked_up_before_it_is_sent(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(1), crm={"max_tries": 1})
    crm.set_faults("500-after", "500-before")
    report = acme.push()["acme"]
    assert (report.unknown, report.status) == (1, "ok")
    crm.set_faults()
    since = crm.log()[-1]["seq"]
    report = acme.push()["acme"]
    assert [entry["operation"] for entry in crm.log(since)] == ["search_duplicate"]
    assert (report.created, report.predictions.right) == (1, 0)
    assert_ledger_equals(crm, acme)


def test_contact_changed_since_its_unclear_request_is_sent_as_it_is_now(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(1), crm={"max_tries": 1})
    crm.set_faults("500-after")
    assert acme.push()["acme"].unknown == 1
    crm.set_faults()
    acme.write([person(0, dnd="true")]).push()
    assert crm.contacts("acme")[0]["dnd"] is True
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize("was_applied", [True, False])
def test_row_held_for_an_earlier_create_is_looked_up_by_what_was_sent_then(
    crm: RunningSandbox, project: MakeProject, *, was_applied: bool
) -> None:
    """Its email and phone are others by now, so nobody would find what was created then."""
    policy = {"crm_snapshot": "never", "changed_email": "update_by_id"}
    acme = project(people(2), crm={"max_tries": 1}, policy=policy)
    kind = "500-after" if was_applied else "500-before"
    fault = Fault.parse(kind).model_copy(update={"operations": ("upsert",), "times": 1})
    crm.set_faults(fault, Fault(kind=FaultKind.UNAVAILABLE, operations=("search_duplicate",)))
    assert acme.push()["acme"].unknown == 1
    crm.set_faults()
    moved = {"email": "new@acme.example.com", "phone": "+1 212 555 0777"}
    acme.write([person(n, **moved) if key == "unknown" else person(n) for n, key in states(acme)])
    since = crm.last_seq()
    report = acme.push()["acme"]
    assert (report.held, report.unchanged, report.requests) == (1, 1, 1)
    assert [entry["operation"] for entry in crm.log(since)] == ["search_duplicate"]
    report = acme.push()["acme"]
    assert (report.created, report.updated) == ((0, 1) if was_applied else (1, 0))
    assert len(crm.contacts("acme")) == 2
    assert moved["email"] in {contact["email"] for contact in crm.contacts("acme")}
    assert_ledger_equals(crm, acme)


def states(acme: Project) -> list[tuple[int, str]]:
    rows = acme.outcomes()
    return [(n, rows[f"acme-{n}"]["state"]) for n in range(2)]


def test_unclear_to_the_last_try_is_unknown_and_says_so(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(1), crm={"max_tries": 3})
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, operations=("upsert",)))
    report = acme.push()["acme"]
    assert (report.unknown, report.failed, report.status) == (1, 0, "ok")
    outcome = acme.outcomes()["acme-0"]
    assert (outcome["code"], outcome["tries"]) == ("unclear", 3)
    with acme.ledger() as ledger:
        assert ledger.unsettled(["acme"]).num_rows == 3


def test_no_connection_stops_the_location_and_nothing_is_unknown(
    project: MakeProject, unused_url: str
) -> None:
    acme = project(people(3), crm={"max_tries": 2})
    acme.crm_url = unused_url
    report = acme.push()["acme"]
    assert (report.status, report.reason) == ("failed", "crm_unreachable")
    assert report.unknown == report.requests == report.retries == 0
    assert report.failed + report.deferred == 3
    with acme.ledger() as ledger:
        assert ledger.unsettled(["acme"]).num_rows == 0


@pytest.mark.parametrize("force", [False, True])
def test_location_stops_where_most_of_its_contacts_are_refused(
    crm: RunningSandbox, project: MakeProject, *, force: bool
) -> None:
    acme = project(people(60))
    refuse = Fault(kind=FaultKind.HTML, status=400, operations=("upsert",), times=25)
    crm.set_faults(refuse)
    report = acme.push(force=force)["acme"]
    if force:
        assert (report.status, report.created) == ("ok", 35)
        return
    assert (report.status, report.reason) == ("failed", "too_many_refused")
    assert 20 <= report.refused <= 25
    assert report.deferred + report.created + report.refused == 60
    assert "max_refuse_share (50%)" in str(report.told)


def test_few_refusals_stop_nothing(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(19))
    crm.set_faults(Fault(kind=FaultKind.HTML, status=400, operations=("upsert",)))
    report = acme.push()["acme"]
    assert (report.status, report.refused) == ("ok", 19)


def test_refusal_is_final_and_the_others_go_on(crm: RunningSandbox, project: MakeProject) -> None:
    crm.seed_contacts("acme", [{"email": "p1@acme.example.com", "phone": "+13125550100"}])
    acme = project(people(3))
    crm.set_faults(Fault(kind=FaultKind.HTML, status=400, times=1, operations=("upsert",)))
    report = acme.push()["acme"]
    assert (report.refused, report.created + report.updated, report.retries) == (1, 2, 0)
    assert crm.count("upsert") == 3


def test_rate_limited_request_is_sent_again_and_counted(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(1))
    crm.set_faults(once("429"))
    report = acme.push()["acme"]
    assert (report.created, report.requests) == (1, 2)
    assert (report.rate_limited, report.retries) == (1, 1)
    assert_ledger_equals(crm, acme)


def test_limits_between_unclear_answers_leave_every_try(
    crm: RunningSandbox, project: MakeProject
) -> None:
    """Being limited is no try of the request; each unclear one is settled."""
    acme = project(people(1), crm={"max_tries": 2})
    crm.set_faults(Faults.model_validate({"script": ["429", "429", "503-before", "none", "429"]}))
    report = acme.push()["acme"]
    assert (report.created, report.rate_limited) == (1, 3)


def test_never_two_in_flight_for_one_identity(crm: RunningSandbox, project: MakeProject) -> None:
    """Slow answers that time out: each later request of a contact starts after its settling."""
    acme = project(people(20), crm={"timeout_seconds": 0.3, "settle_seconds": 0.6})
    slow = Fault(kind=FaultKind.SLOW, seconds=0.6, rate=0.4, operations=("upsert",))
    crm.set_faults(slow, seed=7)
    report = acme.push()["acme"]
    assert crm.count("faults") > 0
    last: dict[str, Any] = {}
    for entry in sorted(crm.log(), key=lambda one: one["time"]):
        if (before := last.get(entry["email"])) and before["fault"]:
            assert entry["time"] - before["time"] >= 0.6, "the slow one was still running"
        last[entry["email"]] = entry
    assert report.created + report.unknown == 20


@pytest.mark.parametrize(("edited", "sent"), [({}, 1), ({"city": "Rome"}, 2)], ids=str)
def test_tag_that_a_workflow_adds_while_the_fate_is_unclear_stays(
    crm: RunningSandbox, project: MakeProject, edited: dict[str, str], sent: int
) -> None:
    acme = project(
        people(1, tags="vip"), policy={"crm_snapshot": "always"}, crm={"settle_seconds": 1.5}
    )
    crm.set_faults(once("500-after", "upsert"))

    def workflow() -> None:
        wait_for(lambda: crm.count("applied") > 0)
        path = f"/contacts/{crm.contacts('acme')[0]['id']}"
        crm.call("POST", f"{path}/tags", {"tags": ["new-lead"]})
        if edited:
            crm.call("PUT", path, edited)

    with ThreadPoolExecutor(1) as others:
        done = others.submit(workflow)
        report = acme.push()["acme"]
        done.result()
    assert (report.created, crm.count("upsert")) == (1, sent), (report, acme.outcomes())
    contact = crm.contacts("acme")[0]
    assert (sorted(contact["tags"]), contact["city"]) == (["new-lead", "vip"], "New York")
    assert_ledger_equals(crm, acme)


def test_an_update_by_id_of_unclear_fate_is_looked_up_by_id(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(1, phone=""), policy={"crm_snapshot": "never"})
    acme.push()
    acme.policy = {"crm_snapshot": "never", "changed_email": "update_by_id"}
    acme.write([person(0, phone="", email="new@acme.example.com")])
    crm.set_faults(once("500-after", "update"))
    report = acme.push()["acme"]
    assert (report.updated, crm.count("update")) == (1, 1)
    assert crm.contacts("acme")[0]["email"] == "new@acme.example.com"
    assert len(upserts(crm.log())) == 2
