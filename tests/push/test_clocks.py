"""Clocks that are set between a push and a list: what came first is known without them.

A clock that was an hour off while we pushed leaves times in the ledger that are an hour off.
"""

import sqlite3

import pytest

from contacts_pipeline import steps
from contacts_pipeline.ledger import last_pushes
from contacts_pipeline.sandbox import Fault, FaultKind, RunningSandbox
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_each_there_once, assert_ledger_equals
from tests.push.project import Project, people

pytestmark = pytest.mark.slow

PUT_BACK = {"crm_snapshot": "first_run", "crm_edits": "overwrite"}
WRITE_AND_LOOK_UP = ("upsert", "search_duplicate")
ALWAYS = {"crm_snapshot": "always", "crm_edits": "overwrite"}
TIMES = (
    ("contacts", "known_at"),
    ("requests", "intended_at"),
    ("locations", "limits_seen_at"),
    ("pushes", "started_at"),
    ("pushes", "finished_at"),
)
A_YEAR = 365 * 24


def was_off_by(project: Project, hours: int) -> None:
    """What the pushes have written, as a clock that was off by so much would have dated it."""
    with sqlite3.connect(project.folder / "data" / "ledger.sqlite") as con:
        for table, column in TIMES:
            moved = f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '{hours:+d} hours')"
            con.execute(f"update {table} set {column} = {moved}")


def seed(crm: RunningSandbox, rows: list[dict[str, str]]) -> None:
    there = [{"email": row["email"], "phone": None, "city": "Long ago"} for row in rows]
    crm.seed_contacts("acme", there)


@pytest.mark.parametrize("hours", [-1, 1])
def test_older_list_shows_no_edit(crm: RunningSandbox, project: MakeProject, hours: int) -> None:
    """Read before the push, it shows what the push has changed, and that was nobody's edit."""
    rows = people(3)
    seed(crm, rows)
    acme = project(rows, policy=PUT_BACK)
    assert acme.push()["acme"].updated == 3
    was_off_by(acme, hours)
    report = acme.push()["acme"]
    assert (report.unchanged, report.requests) == (3, 0)


@pytest.mark.parametrize("fault", ["500-before", "500-after"])
@pytest.mark.parametrize("policy", [PUT_BACK, ALWAYS])
@pytest.mark.parametrize("hours", [-1, 1])
def test_request_of_unknown_fate_is_settled(
    crm: RunningSandbox, project: MakeProject, policy: dict[str, str], hours: int, fault: str
) -> None:
    """An older list that does not show it is no proof that it was not applied."""
    rows = people(4)
    seed(crm, rows[:1])
    acme = project(rows, policy=policy, crm={"max_tries": 1})
    crm.set_faults(Fault.parse(fault).model_copy(update={"operations": WRITE_AND_LOOK_UP}))
    assert acme.push()["acme"].unknown == 4
    crm.set_faults()
    was_off_by(acme, hours)
    report = acme.push()["acme"]
    assert report.unknown + report.failed + report.held == 0
    assert_each_there_once(crm, rows)
    assert_ledger_equals(crm, acme)


@pytest.mark.parametrize("hours", [-1, 1])
def test_later_list_loses_and_doubles_nobody(
    crm: RunningSandbox, project: MakeProject, hours: int
) -> None:
    rows = people(3)
    acme = project(rows, policy=ALWAYS)
    assert acme.push()["acme"].created == 3
    was_off_by(acme, hours)
    later = [rows[0] | {"city": "Oslo"}, *rows[1:]]
    acme.write(later)
    report = acme.push()["acme"]
    assert (report.updated, report.unchanged, report.created) == (1, 2, 0)
    assert_each_there_once(crm, rows)


def test_push_of_a_clock_that_was_ahead_is_not_the_last_for_ever(
    crm: RunningSandbox, project: MakeProject
) -> None:
    rows = people(3)
    acme = project(rows)
    crm.set_faults(Fault(kind=FaultKind.DAILY_QUOTA, skip=1, times=1))
    assert acme.push()["acme"].deferred_because == "daily_budget"
    assert steps.attention(acme.workspace).unfinished == {"acme"}
    was_off_by(acme, A_YEAR)
    crm.set_faults()  # gives the day back
    assert acme.push(run_id="later")["acme"].deferred == 0
    assert steps.attention(acme.workspace).unfinished == frozenset()
    assert steps.last_reports(acme.workspace)["acme"].deferred == 0
    with acme.ledger() as ledger:
        assert last_pushes(ledger)["acme"]["run_id"] == "later"


def test_push_that_is_recorded_again_is_the_last_once_more(project: MakeProject) -> None:
    acme = project(people(1))
    for run_id in ("first", "second", "first"):
        acme.push(run_id=run_id)
        with acme.ledger() as ledger:
            assert last_pushes(ledger, ["acme"])["acme"]["run_id"] == run_id
