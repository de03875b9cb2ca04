"""A lost ledger restored from the CRM: nothing is sent again, and nothing by hand is lost."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline import steps
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.pull import read_locations
from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.steps import Rebuilt
from tests.push.conftest import MakeProject
from tests.push.evidence import assert_ledger_equals
from tests.push.project import EveryField, Project, people, person

FIRST_RUN = {"crm_snapshot": "first_run"}


def rebuild(project: Project, *, replace: bool = False) -> Rebuilt:
    workspace = project.prepare()
    with project.ledger() as ledger:
        return steps.rebuild(workspace, ledger, ["acme"], "rebuild", replace=replace)["acme"]


def lose_ledger(project: Project) -> None:
    for path in (project.folder / "data").glob("ledger.sqlite*"):
        path.unlink()


def writes(crm: RunningSandbox) -> int:
    return sum(entry["applied"] for entry in crm.log())


def actions(project: Project) -> dict[str, tuple[str, list[str]]]:
    project.plan()
    return {
        row["source_keys"][0]: (row["action"], row["changed_fields"])
        for row in project.planned_rows()
    }


def test_nothing_is_sent_after_it(crm: RunningSandbox, project: MakeProject) -> None:
    rows = [*people(40, tags="vip,new"), person(50, email="", dnd="yes"), person(51, phone="")]
    acme = project(rows, policy=FIRST_RUN)
    assert acme.push()["acme"].created == 42
    sent = writes(crm)
    lose_ledger(acme)
    restored = rebuild(acme)
    assert (restored.status, restored.restored, restored.differing) == ("ok", 42, 0)
    assert (restored.requests, restored.unmatched) == (1, 0)
    report = acme.push()["acme"]
    assert (report.unchanged, report.requests) == (42, 0)
    assert writes(crm) == sent
    assert_ledger_equals(crm, acme)


def test_custom_fields_channels_and_names_are_recognised(tmp_path: Path) -> None:
    fields = (SandboxCustomField(key="tier"), SandboxCustomField(key="size"))
    location = SandboxLocation(id="acme", burst_limit=1000, interval_ms=1000, custom_fields=fields)
    with running_sandbox(SandboxOptions(locations=(location,))) as crm:
        acme = EveryField(tmp_path, crm.url, policy=FIRST_RUN).write(
            [person(1, company="gold", dnd="yes"), person(2, company=""), person(3, company="tin")]
        )
        assert acme.push()["acme"].created == 3
        crm.call("POST", f"/contacts/{crm.contacts()[0]['id']}/tags", {"tags": ["by hand"]})
        sent = writes(crm)
        lose_ledger(acme)
        assert rebuild(acme).differing == 0
        assert acme.push()["acme"].requests == 0
        assert writes(crm) == sent


def test_contacts_that_we_never_sent_stay_theirs(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(10), policy=FIRST_RUN)
    acme.push()
    crm.seed_contacts("acme", [{"email": f"theirs{number}@example.com"} for number in range(7)])
    lose_ledger(acme)
    restored = rebuild(acme)
    assert (restored.contacts, restored.restored, restored.unmatched) == (17, 10, 7)
    with acme.ledger() as ledger:
        known = ledger.known_contacts(["acme"]).to_pylist()
    assert sorted(json.loads(row["source_keys"])[0] for row in known) == sorted(
        f"acme-{number}" for number in range(10)
    )
    assert acme.push()["acme"].requests == 0


def test_what_people_edited_shows_as_a_difference(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(10), policy=FIRST_RUN)
    acme.push()
    edited = next(one for one in crm.contacts() if one["email"] == "p3@acme.example.com")
    crm.call("PUT", f"/contacts/{edited['id']}", {"city": "Boston"})
    lose_ledger(acme)
    assert rebuild(acme).differing == 1
    planned = actions(acme)
    assert planned["acme-3"] == ("update", ["city"])
    assert [one for name, one in planned.items() if name != "acme-3"] == [("unchanged", [])] * 9


def test_only_what_really_changed_is_sent(project: MakeProject) -> None:
    acme = project(people(10), policy=FIRST_RUN)
    acme.push()
    lose_ledger(acme)
    acme.write([*people(9), person(9, city="Boston"), person(10)])
    rebuild(acme)
    report = acme.push()["acme"]
    assert (report.unchanged, report.updated, report.created) == (9, 1, 1)
    assert report.requests == 2


def test_ledger_that_knows_the_location_is_left_alone_unless_told(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project(people(5), policy=FIRST_RUN)
    acme.push()
    before = crm.count()
    refused = rebuild(acme)
    assert (refused.status, refused.reason) == ("held", "ledger_has_rows")
    assert "--replace" in (refused.told or "")
    assert crm.count() == before
    assert rebuild(acme, replace=True).restored == 5
    assert acme.push()["acme"].requests == 0


def test_push_that_ran_while_the_list_was_read_keeps_its_rows(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = project(people(5), policy=FIRST_RUN)
    acme.plan()

    def read_then_push(*given: Any) -> Any:
        answers = read_locations(*given)
        assert acme.push_the_plan()["acme"].created == 5
        return answers

    module = sys.modules["contacts_pipeline.steps.rebuild"]  # the name is the function's, too
    monkeypatch.setattr(module, "read_locations", read_then_push)
    refused = rebuild(acme)
    assert (refused.status, refused.reason) == ("held", "ledger_changed")
    assert "run rebuild again" in (refused.told or "")
    with acme.ledger() as ledger:
        assert ledger.known_contacts(["acme"]).num_rows == 5


def test_plan_made_before_is_stale(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(5), policy=FIRST_RUN)
    acme.plan()
    rebuild(acme)
    assert acme.push_the_plan()["acme"].reason == "plan_stale"
    assert crm.count("upsert") == 0


def test_token_that_is_refused_leaves_the_ledger_empty(project: MakeProject) -> None:
    acme = project(people(5), policy=FIRST_RUN, environ={"CRM_TOKEN": "pit-another"})
    assert rebuild(acme).reason == "token_refused"
    with acme.ledger() as ledger:
        assert isinstance(ledger, Ledger)
        assert ledger.locations_with_contacts() == set()


@pytest.mark.slow
def test_command_restores_every_location(crm: RunningSandbox, project: MakeProject) -> None:
    acme = project(people(5), policy=FIRST_RUN)
    acme.push()
    lose_ledger(acme)
    code, document, _ = acme.process("rebuild", "--json")
    assert code == 0
    assert document["locations"]["acme"]["restored"] == 5
    assert crm.count("upsert") == 5
