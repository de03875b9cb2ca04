"""Locations in one push: guard, stale plan, resume, tokens, budget, signals, each its own end."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.edge import Edge
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_each_there_once, assert_ledger_equals, sent_again
from tests.push.project import Project, kill_after, people, wait_for, wide

BOTH = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in ("acme", "bolt")]
ROWS = people(16) + people(16, "bolt")


@contextmanager
def slow_crm(latency_ms: float = 100) -> Iterator[RunningSandbox]:
    with running_sandbox(wide("acme", "bolt", latency_ms=latency_ms)) as sandbox:
        yield sandbox


@pytest.mark.slow
def test_second_pusher_is_held_and_the_first_finishes(tmp_path: Path) -> None:
    with slow_crm(latency_ms=800) as crm:
        project = Project(tmp_path, crm.url).write(people(60))
        project.prepare()
        with project.light_process() as first:
            assert wait_for(lambda: crm.count() > 0, first)
            report = project.push(prepare=False)["acme"]
            out, err = first.communicate(timeout=60)
        assert (report.status, report.reason) == ("held", "already_running")
        assert report.held > 0
        assert report.requests == 0
        assert out == "acme ok None\n", err
        assert crm.count("upsert") == 60
        assert_each_there_once(crm, people(60))


def test_token_missing_or_refused_stops_its_location_only(project: MakeProject) -> None:
    refused = {**BOTH[0], "token_env": "REFUSED_TOKEN"}
    missing = {**BOTH[0], "id": "cave", "token_env": "MISSING_TOKEN"}
    three = project(
        ROWS + people(3, "cave"),
        locations=[refused, BOTH[1], missing],
        environ={"CRM_TOKEN": DEFAULT_TOKEN, "REFUSED_TOKEN": "pit-nobody"},
    )
    reports = three.push()
    assert (reports["acme"].status, reports["acme"].reason) == ("failed", "token_refused")
    assert (reports["acme"].deferred, reports["acme"].requests) == (16, 1)
    assert (reports["cave"].reason, reports["cave"].requests) == ("token_missing", 0)
    assert "MISSING_TOKEN" in str(reports["cave"].told)
    assert (reports["bolt"].status, reports["bolt"].created) == ("ok", 16)
    three.environ = {"CRM_TOKEN": DEFAULT_TOKEN, "REFUSED_TOKEN": DEFAULT_TOKEN}
    assert three.push()["acme"].created == 16


def codes(project: Project) -> set[tuple[str, str | None]]:
    return {(row["state"], row["code"]) for row in project.outcomes().values()}


def test_token_revoked_halfway_leaves_the_rest_deferred(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(60))
    crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, skip=30, times=1))
    report = acme.push()["acme"]
    assert (report.status, report.reason) == ("failed", "token_refused")
    assert report.created == crm.count("applied") == 60 - report.deferred
    assert report.unknown == report.failed == 0
    assert codes(acme) == {("created", None), ("deferred", "token_refused")}


POISON = "select * from Ltd"


def blocks_poison(body: bytes) -> bool:
    if is_poison := POISON.encode() in body:
        return is_poison
    time.sleep(0.1)  # the page comes sooner than an answer of the CRM
    return False


def poisoned_first(count: int) -> list[dict[str, str]]:
    """So many of sixty, which are the newest and so stand first in the plan."""
    newest = {"company": POISON, "updated_at": "2026-02-01T00:00:00Z"}
    return [*people(count, **newest), *people(60)[count:]]


@pytest.mark.parametrize("poisoned", [1, 8, 28])
def test_contacts_that_a_firewall_blocks_keep_no_other_back(
    crm: RunningSandbox, edge: Edge, project: MakeProject, poisoned: int
) -> None:
    acme = project(poisoned_first(poisoned))
    acme.crm_url, edge.blocks = edge.url, blocks_poison
    report = acme.push()["acme"]
    assert (report.status, report.created, report.refused) == ("ok", 60 - poisoned, poisoned)
    assert codes(acme) == {("created", None), ("refused", "blocked_by_edge")}
    assert len(crm.contacts("acme")) == 60 - poisoned
    edge.blocks = lambda _body: False
    assert acme.push()["acme"].created == poisoned
    assert_each_there_once(crm, people(60))


def test_location_of_which_a_firewall_blocks_most_stops_and_the_rest_goes_first_the_next_time(
    edge: Edge, project: MakeProject
) -> None:
    acme = project(poisoned_first(55))
    acme.crm_url, edge.blocks = edge.url, blocks_poison
    first, second = acme.push()["acme"], acme.push()["acme"]
    assert (first.status, first.reason) == ("failed", "blocked_by_edge")
    assert "31 of 60 contacts were blocked by a firewall" in str(first.told)
    assert first.deferred >= 60 - 31 - 16
    assert first.created + second.created == 5


def test_edge_that_blocks_all_stops_the_location_and_loses_none(
    crm: RunningSandbox, edge: Edge, project: MakeProject
) -> None:
    acme = project(people(60))
    acme.crm_url = edge.url
    edge.blocks = lambda _body: True
    report = acme.push()["acme"]
    assert (report.status, report.reason) == ("failed", "blocked_by_edge")
    assert report.refused == len(edge.asked) - 1 >= 5
    assert report.deferred == 60 - report.refused >= 40
    assert "page instead of the API: Attention Required!" in str(report.told)
    assert "firewall" in str(report.told)
    assert "token" not in str(report.told)
    edge.blocks = lambda _body: False
    assert acme.push()["acme"].created == 60
    assert_each_there_once(crm, people(60))


def test_contact_that_an_edge_blocks_after_an_unclear_request_stays_unknown(
    crm: RunningSandbox, edge: Edge, project: MakeProject
) -> None:
    """The edge may have let the first one through."""
    acme = project(people(1))
    acme.crm_url = edge.url
    edge.blocks = lambda _body: len(edge.asked) > 1
    crm.set_faults("503-after")
    report = acme.push()["acme"]
    assert (report.unknown, report.refused) == (1, 0)
    crm.set_faults()
    edge.blocks = lambda _body: False
    assert acme.push()["acme"].created == crm.count("upsert") == 1
    assert_each_there_once(crm, people(1))


def test_day_that_is_used_up_defers_the_rest_without_a_fault(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(4))
    acme.push()
    acme.write(people(60))
    crm.set_faults(Fault(kind=FaultKind.DAILY_QUOTA, skip=30, times=1))
    report = acme.push()["acme"]
    assert (report.status, report.reason) == ("ok", None)
    assert report.deferred_because == "daily_budget"
    assert report.created == 56 - report.deferred > 0
    assert codes(acme) == {
        ("unchanged", None),
        ("created", None),
        ("deferred", "daily_budget"),
    }
    assert crm.count("status_429") <= 16


def test_refused_version_stops_the_run(project: MakeProject, crm: RunningSandbox) -> None:
    """No location can succeed, so the others are not asked one by one."""
    both = project(ROWS, locations=BOTH)
    crm.set_faults()
    import contacts_pipeline.crm.client as module  # noqa: PLC0415

    kept, module.API_VERSION = module.API_VERSION, "1999-01-01"
    try:
        reports = both.push()
    finally:
        module.API_VERSION = kept
    assert {report.reason for report in reports.values()} == {"api_version_refused"}
    assert crm.count("applied") == 0
    assert crm.count() <= 2


def test_crm_that_answers_only_errors_stops_the_location_soon(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(60), crm={"settle_seconds": 2})
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, operations=("upsert",)))
    report = acme.push()["acme"]
    assert (report.status, report.reason) == ("failed", "crm_unstable")
    assert crm.count("upsert") <= 32 + 16
    crm.set_faults()
    assert acme.push()["acme"].created == 60
    assert_ledger_equals(crm, acme)


def test_settling_rows_do_not_hold_up_the_others(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(60), crm={"settle_seconds": 3})
    crm.set_faults(Fault(kind=FaultKind.UNAVAILABLE, times=20, operations=("upsert",)))
    report = acme.push()["acme"]
    assert report.created == 60
    log = crm.log()
    first_look = next(i for i, one in enumerate(log) if one["operation"] == "search_duplicate")
    assert first_look >= 60, "20 rows settle, more than are in flight, and all others were sent"


def test_slow_location_does_not_slow_the_others(tmp_path: Path) -> None:
    quick = SandboxLocation(id="acme", burst_limit=1000, interval_ms=1000)
    slow = SandboxLocation(id="bolt", burst_limit=4, interval_ms=500)
    with running_sandbox(SandboxOptions(locations=(quick, slow))) as crm:
        project = Project(tmp_path, crm.url, locations=BOTH).write(ROWS)
        reports = project.push()
        assert reports["acme"].created == reports["bolt"].created == 16
        log = crm.log()
        last = {name: max(e["time"] for e in log if e["location_id"] == name) for name in reports}
        assert last["acme"] < last["bolt"]


def test_locations_are_pushed_at_the_same_time(tmp_path: Path) -> None:
    """So that a push takes as long as its slowest location, not as all of them together."""
    names = [f"loc{number}" for number in range(8)]
    with running_sandbox(wide(*names, latency_ms=100)) as crm:
        locations = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in names]
        rows = [row for name in names for row in people(20, name)]
        project = Project(tmp_path, crm.url, locations=locations).write(rows)
        assert sum(report.created for report in project.push().values()) == len(rows)
        times = {name: [e["time"] for e in crm.log() if e["location_id"] == name] for name in names}
    assert max(map(min, times.values())) < min(map(max, times.values()))


def test_broken_plan_file_fails_its_location_alone(
    crm: RunningSandbox, project: MakeProject, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong in one location, the others end, and no value is logged."""
    both = project(ROWS, locations=BOTH)
    both.plan()
    path = next((both.workspace.snapshots / "upsert_plan").rglob("acme-*/*.parquet"))
    content = bytearray(path.read_bytes())
    content[4:600] = bytes(596)
    path.write_bytes(content)
    reports = both.push_the_plan()
    assert (reports["acme"].status, reports["acme"].reason) == ("failed", "internal_error")
    assert (reports["bolt"].status, reports["bolt"].created) == ("ok", 16)
    assert crm.count("upsert") == 16
    assert "example.com" not in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_finishes_what_is_in_flight_and_a_second_push_completes(
    tmp_path: Path, number: int
) -> None:
    with slow_crm(latency_ms=150) as crm:
        project = Project(tmp_path, crm.url).write(people(60))
        with project.pushing_process() as process:
            assert kill_after(process, crm, 20, number)
            out, err = process.communicate(timeout=60)
        assert process.returncode == 1, err
        assert '"reason": "interrupted"' in out
        assert "Traceback" not in err
        sent = crm.count("upsert")
        assert 20 <= sent < 60
        with sqlite3.connect(project.folder / "data" / "ledger.sqlite") as con:
            done = con.execute("select count(*) from outcomes where outcome = 'created'")
            assert done.fetchone() == (sent,)
        report = project.push()["acme"]
        assert (report.created, report.unchanged) == (60 - sent, sent)
        assert not sent_again(crm.log())
        assert_each_there_once(crm, people(60))
        assert_ledger_equals(crm, project)
