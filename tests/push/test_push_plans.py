"""A plan and its push: stale, resumed, gone, or overtaken while it is pushed."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline.ledger import Ledger
from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.steps import Planned, stored_plan
from contacts_pipeline.steps.prove import Proven, prove
from contacts_pipeline.steps.push import push
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_ledger_equals
from tests.push.project import SECOND_TOKEN, Project, people

BOTH = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in ("acme", "bolt")]
ROWS = people(16) + people(16, "bolt")


def push_stored(
    acme: Project, ledger: Ledger, plan: Planned, meanwhile: Callable[[int], None]
) -> LocationReport:
    """Push a plan that is on disk; ``meanwhile`` is called with how many rows are done."""

    def progress(_location: str, done: int, _planned: int) -> None:
        meanwhile(done)

    workspace = acme.workspace
    [(_, report)] = push(workspace, ledger, {"acme": plan}, "run", force=False, progress=progress)
    return report


def test_plan_that_another_plan_has_overtaken_is_held(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(16))
    acme.plan()
    old = {path: path.read_bytes() for path in (acme.workspace.snapshots).rglob("acme-*/*")}
    acme.push()
    for path, content in old.items():
        path.write_bytes(content)
    report = acme.push_the_plan()["acme"]
    assert (report.status, report.reason, report.held) == ("held", "plan_stale", 16)
    assert crm.count("upsert") == 16


class WithPhoneField(Project):
    """A project that sends its phones in a custom field, too."""

    @property
    def settings(self) -> dict[str, Any]:
        given = super().settings
        return given | {"contacts": given["contacts"] | {"custom_fields": {"second": "phone"}}}


@pytest.mark.parametrize(
    ("country", "written", "read"),
    [
        ("UK", "020 7946 0958", "+442079460958"),
        ("United Kingdom", "020 7946 0958", "+442079460958"),
        ("EL", "21 0123 4567", "+302101234567"),
    ],
)
def test_phones_of_custom_fields_are_read_in_the_country_that_others_are(
    tmp_path: Path, country: str, written: str, read: str
) -> None:
    fields = (SandboxCustomField(key="second", data_type="PHONE"),)
    with running_sandbox(
        SandboxOptions(locations=(SandboxLocation(id="acme", custom_fields=fields),))
    ) as crm:
        acme = WithPhoneField(tmp_path, crm.url, locations=[{"id": "acme", "country": country}])
        acme.write(people(1, phone=written)).push()
        (contact,) = crm.contacts("acme")
    assert contact["phone"] == read
    assert [one["value"] for one in contact["customFields"]] == [read]


@pytest.mark.parametrize("run_id", [None, "the-same"])
def test_resumed_plan_skips_what_is_acknowledged(
    crm: RunningSandbox, project: MakeProject, run_id: str | None
) -> None:
    acme = project(people(60))
    acme.plan()
    crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, skip=30, times=1))
    first = acme.push_the_plan(run_id)["acme"]
    assert (first.status, first.created + first.deferred) == ("failed", 60)
    assert 0 < first.deferred < 60
    acme.environ = {"CRM_TOKEN": SECOND_TOKEN}
    second = acme.push_the_plan(run_id)["acme"]
    assert (second.status, second.deferred) == ("ok", 0)
    in_this_run = 60 if run_id else 60 - first.created
    assert (second.created, second.unchanged) == (in_this_run, 60 - in_this_run)
    assert crm.count("upsert") == 60 + crm.count("status_401")
    assert_ledger_equals(crm, acme)


def test_plan_made_while_another_is_pushed_changes_nothing_for_its_push_and_proof(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(40))
    acme.plan()
    workspace = acme.workspace
    with workspace.ledger() as ledger:
        old = stored_plan(workspace, ledger.crm, "acme")

        def plan_halfway(done: int) -> None:
            if done == 8:
                acme.write(people(41)).plan()

        pushed = push_stored(acme, ledger, old, plan_halfway)
        assert (pushed.status, pushed.created) == ("ok", 40)
        newer = stored_plan(workspace, ledger.crm, "acme")
        assert newer.header.plan_id != old.header.plan_id
        ((_, proven),) = prove(workspace, ledger, {"acme": None}, "another run")
        assert isinstance(proven, Proven)
        assert proven.recount.agrees_with(pushed)
        assert proven.recount.states == {"created": 40}
    assert crm.count("upsert") == 40
    overtaken = acme.push_the_plan()["acme"]
    assert (overtaken.status, overtaken.reason) == ("held", "plan_stale")
    assert overtaken.held + overtaken.unchanged == 41
    assert crm.count("upsert") == 40, "it did not know of what was written after it was made"
    again = acme.push()["acme"]
    assert (again.created, again.unchanged) == (1, 40)
    assert crm.count("upsert") == 41


def test_missing_plan_holds_its_location_alone(crm: RunningSandbox, project: MakeProject) -> None:
    both = project(ROWS, locations=BOTH)
    both.plan()
    shutil.rmtree(next((both.workspace.snapshots / "upsert_plan").rglob("acme-*")))
    reports = both.push_the_plan()
    assert (reports["acme"].status, reports["acme"].reason) == ("held", "plan_missing")
    assert reports["bolt"].created == crm.count("upsert") == 16


@pytest.mark.parametrize(("gone_after", "status", "created"), [(0, "held", 0), (8, "ok", 16)])
def test_plan_that_is_removed_is_missed_before_a_push_and_not_during_one(
    crm: RunningSandbox, project: MakeProject, gone_after: int, status: str, created: int
) -> None:
    acme = project(people(16))
    acme.plan()
    with acme.ledger() as ledger:
        plan = stored_plan(acme.workspace, ledger.crm, "acme")

        def remove(done: int) -> None:
            if done == gone_after:
                plan.path.unlink()

        remove(0)
        report = push_stored(acme, ledger, plan, remove)
    told = "location acme: its plan is gone; materialise upsert_plan again"
    assert (report.status, report.created) == (status, created)
    assert report.told == (told if status == "held" else None)
    assert crm.count("upsert") == created
