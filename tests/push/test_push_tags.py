"""Tags under 'add': a second effect, after the upsert, with an answer of its own; many at once."""

import json
from collections import Counter

import pytest
from sqlalchemy import RowMapping, select

from contacts_pipeline.ledger import Ledger, last_pushes, schema
from contacts_pipeline.sandbox import Fault, FaultKind, RunningSandbox
from contacts_pipeline.steps import explain
from contacts_pipeline.steps.explain import Asked
from tests.edge import Edge
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_each_there_once, assert_ledger_equals
from tests.push.project import SECOND_TOKEN, kill_after, people, person

BULK = ("bulk_tags",)


def operations(crm: RunningSandbox, since: int = 0) -> Counter[str]:
    return Counter(entry["operation"] for entry in crm.log(since))


def tagged_people(count: int, *tags: str) -> list[dict[str, str]]:
    return [person(n, tags=tags[n % len(tags)]) for n in range(count)]


def tags_there(crm: RunningSandbox) -> Counter[tuple[str, ...]]:
    return Counter(tuple(sorted(contact["tags"])) for contact in crm.contacts("acme"))


def test_three_hundred_contacts_with_three_lists_of_tags_take_three_requests(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(tagged_people(300, "vip", "lead", "vip, lead"))
    report = acme.push()["acme"]
    assert operations(crm) == {"upsert": 300, "bulk_tags": 3}
    assert (report.created, report.tag_requests, report.requests) == (300, 3, 303)
    assert acme.header().requests == 303, "as the plan said"
    assert tags_there(crm) == {("vip",): 100, ("lead",): 100, ("lead", "vip"): 100}
    assert report.upserts_per_changed_contact == 1.0
    assert_ledger_equals(crm, acme)


def test_a_hundred_at_once_and_the_rest_at_the_end(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project([*people(202, tags="vip"), person(202, tags="alone")])
    report = acme.push()["acme"]
    assert operations(crm) == {"upsert": 203, "bulk_tags": 3, "add_tags": 1}
    assert acme.header().requests == report.requests == 207


def test_tags_of_people_stay_and_ours_come_after_the_upsert(
    crm: RunningSandbox, project: MakeProject
) -> None:
    crm.seed_contacts("acme", [{"email": "p0@acme.example.com", "tags": ["theirs"]}])
    acme = project(people(3, tags="ours"))
    acme.push()
    assert [entry["operation"] for entry in crm.log()][-4:] == ["upsert"] * 3 + ["bulk_tags"]
    assert tags_there(crm) == {("ours", "theirs"): 1, ("ours",): 2}
    assert_ledger_equals(crm, acme)


def test_tags_alone_are_added_to_many_at_once(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(20, tags="vip"))
    acme.push()
    since = crm.last_seq()
    report = acme.write(people(20, tags="vip, late")).push()["acme"]
    assert operations(crm, since) == {"bulk_tags": 1}
    assert (report.updated, report.requests, acme.header().requests) == (20, 1, 1)
    assert report.upserts_per_changed_contact is None
    assert_ledger_equals(crm, acme)


def test_contact_that_fails_among_others_fails_alone(
    crm: RunningSandbox, project: MakeProject
) -> None:
    """Its word is inside a 201, and tells nobody's address."""
    acme = project(people(20))
    acme.push()
    lost = next(one["id"] for one in crm.contacts("acme") if one["email"].startswith("p7@"))
    crm.call("DELETE", f"/contacts/{lost}")
    report = acme.write(people(20, tags="vip")).push()["acme"]
    assert (report.updated, report.refused, report.tag_requests) == (19, 1, 1)
    outcome = acme.outcomes()["acme-7"]
    assert (outcome["state"], outcome["contact_id"]) == ("refused", lost)
    with acme.ledger() as ledger:
        told = {row["identity"]: row["message"] for row in last_outcomes(ledger)}
    assert "contact is deleted" in told.values()
    assert tags_there(crm) == {("vip",): 19}


def test_what_the_crm_says_of_a_contact_in_a_list_loses_what_it_quotes(
    crm: RunningSandbox, edge: Edge, project: MakeProject
) -> None:
    acme = project(people(3))
    acme.crm_url = edge.url
    acme.push()
    lost = next(one["id"] for one in crm.contacts("acme") if one["email"].startswith("p1@"))
    crm.call("DELETE", f"/contacts/{lost}")
    quoting = rb"p1@acme.example.com, +12125550001 \u0007is deleted"
    edge.rewrites = lambda answer: answer.replace(b"contact is deleted", quoting)
    assert acme.write(people(3, tags="vip")).push()["acme"].refused == 1
    with acme.ledger() as ledger:
        assert {row["message"] for row in last_outcomes(ledger)} == {None, "…, … is deleted"}


def last_outcomes(ledger: Ledger) -> list[RowMapping]:
    (push,) = last_pushes(ledger, ["acme"]).values()
    query = select(schema.outcomes).where(schema.outcomes.c.run_id == push["run_id"])
    with ledger.reading() as connection:
        return list(connection.execute(query).mappings())


def test_list_that_is_refused_as_a_whole_is_sent_one_by_one(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(5, tags="vip"))
    crm.set_faults(Fault(kind=FaultKind.HTML, status=422, operations=BULK))
    report = acme.push()["acme"]
    assert (report.created, report.refused) == (5, 0)
    assert operations(crm) == {"upsert": 5, "bulk_tags": 1, "add_tags": 5}
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize("fault", ["500-after", "503-before", "429", "reset-after", "malformed"])
def test_what_became_of_a_list_is_not_asked_but_it_is_sent_again(
    crm: RunningSandbox, project: MakeProject, fault: str
) -> None:
    acme = project(people(5, tags="vip"))
    crm.set_faults(Fault.parse(fault).model_copy(update={"times": 1, "operations": BULK}))
    report = acme.push()["acme"]
    assert operations(crm) == {"upsert": 5, "bulk_tags": 2}
    assert (report.created, report.tag_requests, report.retries) == (5, 2, 1)
    assert tags_there(crm) == {("vip",): 5}
    assert_ledger_equals(crm, acme)


def test_tags_that_failed_are_sent_without_an_upsert_next_time(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(5, tags="vip"), crm={"max_tries": 1})
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, operations=BULK))
    assert acme.push()["acme"].created == 5
    for outcome in acme.outcomes().values():
        assert outcome["code"] == "tags_pending"
        warnings = {one["code"]: one["detail"] for one in json.loads(outcome["warnings"])}
        assert warnings["tags_pending"] == "unclear"
    crm.set_faults()
    since = crm.last_seq()
    assert acme.push()["acme"].updated == 5
    assert operations(crm, since) == {"bulk_tags": 1}
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize("run_id", [None, "the-same"])
def test_resumed_plan_takes_up_tags_that_are_missing(
    crm: RunningSandbox, project: MakeProject, run_id: str | None
) -> None:
    acme = project(people(5, tags="vip"), crm={"max_tries": 1})
    acme.plan()
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, operations=BULK))
    acme.push_the_plan(run_id)
    crm.set_faults()
    since = crm.last_seq()
    report = acme.push_the_plan(run_id)["acme"]
    assert operations(crm, since) == {"bulk_tags": 1}
    assert report.created == 5
    with acme.ledger() as ledger:
        assert {row["code"] for row in last_outcomes(ledger)} == {None}
    assert_ledger_equals(crm, acme)


def test_location_that_stops_leaves_its_tags_to_the_next_push(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(30, tags="vip"))
    crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, times=1, operations=BULK))
    report = acme.push()["acme"]
    assert (report.status, report.reason, report.created) == ("failed", "token_refused", 30)
    assert {outcome["code"] for outcome in acme.outcomes().values()} == {"tags_pending"}
    since = crm.last_seq()
    acme.environ = {"CRM_TOKEN": SECOND_TOKEN}
    assert acme.push()["acme"].updated == 30
    assert operations(crm, since) == {"bulk_tags": 1}
    assert_ledger_equals(crm, acme)


@pytest.mark.slow
@pytest.mark.parametrize("same_plan", [True, False])
def test_killed_while_its_contacts_wait_for_tags(
    crm: RunningSandbox, project: MakeProject, *, same_plan: bool
) -> None:
    """Their upserts are acknowledged, so none is sent again, however many wait."""
    acme = project(people(60, tags="vip"))
    acme.prepare()
    crm.set_faults(Fault(kind=FaultKind.SLOW, seconds=5, operations=BULK))
    with acme.light_process() as process:
        assert kill_after(process, crm, 60), process.communicate()
        process.communicate()
    crm.set_faults()
    since = crm.last_seq()
    report = (acme.push_the_plan() if same_plan else acme.push())["acme"]
    assert report.created + report.updated == 60
    sent = operations(crm, since)
    assert sent["upsert"] == 0, sent
    assert sent["bulk_tags"] == 1
    assert_each_there_once(crm, people(60))
    assert tags_there(crm) == {("vip",): 60}
    assert_ledger_equals(crm, acme)


def test_explain_tells_each_contact_of_the_request_that_tagged_it(project: MakeProject) -> None:
    acme = project(people(3, tags="vip"))
    acme.push()
    with acme.ledger() as ledger:
        story = explain(acme.workspace, ledger, "acme", Asked(key="acme-1"))
    assert [row["effect"] for row in story["requests"]] == ["upsert", "tags"]
    assert story["requests"][-1]["verdict"] == "tagged"
