"""What a push's requests were for, held against the server's own log."""

from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.faults import Fault
from tests.push.conftest import MakeProject
from tests.push.project import people, person

UPSERTS, TAGS = {"upsert", "update"}, {"add_tags", "bulk_tags"}
LOOKUPS = {"get", "search_duplicate"}


def logged(crm: RunningSandbox, operations: set[str], since: int = 0) -> int:
    return sum(entry["operation"] in operations for entry in crm.log()[since:])


def assert_told_as_logged(report: LocationReport, crm: RunningSandbox, since: int = 0) -> None:
    assert (report.upsert_requests, report.tag_requests, report.lookup_requests) == (
        logged(crm, UPSERTS, since),
        logged(crm, TAGS, since),
        logged(crm, LOOKUPS, since),
    )
    assert report.requests == crm.count() - since


def test_without_faults_a_changed_contact_costs_one_upsert_and_tags_count_apart(
    crm: RunningSandbox, project: MakeProject
) -> None:
    crm.seed_contacts("acme", [{"email": f"p{n}@acme.example.com"} for n in range(4)])
    report = project(people(12, tags="vip"), policy={"crm_snapshot": "never", "tags": "add"}).push()
    assert report["acme"].upserts_per_changed_contact == 1.0
    assert report["acme"].tag_requests == 1
    assert report["acme"].lookup_requests == 0
    assert_told_as_logged(report["acme"], crm)


def test_an_update_by_id_counts_like_an_upsert(crm: RunningSandbox, project: MakeProject) -> None:
    policy = {"crm_snapshot": "never", "changed_email": "update_by_id"}
    acme = project([person(0, phone="")], policy=policy)
    acme.push()
    since = crm.count()
    acme.write([person(0, phone="", email="new@acme.example.com")])
    report = acme.push()["acme"]
    assert logged(crm, {"update"}, since) == report.upsert_requests == 1
    assert report.upserts_per_changed_contact == 1.0


def test_contacts_that_need_nothing_or_nothing_but_tags_are_no_upserts(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(3))
    acme.push()
    since = crm.count()
    report = acme.push()["acme"]
    assert report.upserts_per_changed_contact is None
    assert_told_as_logged(report, crm, since)
    since = crm.count()
    report = project(people(3, tags="vip", updated_at="2026-01-02T00:00:00Z")).push()["acme"]
    assert (report.updated, report.tag_requests) == (3, 1)
    assert report.upserts_per_changed_contact is None
    assert_told_as_logged(report, crm, since)


def test_faults_raise_the_ratio_as_much_as_the_server_saw(
    crm: RunningSandbox, project: MakeProject
) -> None:
    faults = [("500-before", "upsert"), ("500-after", "upsert"), ("429", "upsert")]
    faults += [("503-before", "bulk_tags")]
    crm.set_faults(
        *(
            Fault.parse(kind).model_copy(update={"times": 3, "operations": (operation,)})
            for kind, operation in faults
        )
    )
    report = project(people(12, tags="vip"), crm={"max_tries": 10}).push()["acme"]
    assert crm.count("faults") == 12
    assert_told_as_logged(report, crm)
    assert (report.created, report.lookup_requests, report.tag_requests) == (12, 6, 1 + 3)
    assert logged(crm, UPSERTS) == 12 + 3 + 3, "again after a 429 and where it was not applied"
    assert report.upserts_per_changed_contact == 1.5


def test_a_page_of_the_list_that_was_asked_for_again_is_in_the_report(
    crm: RunningSandbox, project: MakeProject
) -> None:
    once = {"times": 1, "operations": ("search",)}
    crm.set_faults(Fault.parse("429").model_copy(update=once))
    report = project(people(2), policy={"crm_snapshot": "first_run"}).push()["acme"]
    assert (report.created, report.retries, report.rate_limited) == (2, 1, 1)
    assert_told_as_logged(report, crm)
