"""What the UI shows of a location's partition, and of a run by its tags."""

import json
from typing import Any

import dagster as dg
import pytest

from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.projects import Project, people, sandbox_locations


def shown(instance: dg.DagsterInstance, asset: str) -> dict[str, Any]:
    event = instance.get_latest_materialization_event(dg.AssetKey(asset))
    assert event is not None
    assert event.asset_materialization is not None
    return {name: one.value for name, one in event.asset_materialization.metadata.items()}


def rows(metadata: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [record.data for record in metadata[name].records]


def test_held_and_refused_rows_say_what_to_type_and_the_run_what_it_did(
    project: Project,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    people_here = people("acme", 3)
    people_here[1]["phone"] = people_here[0]["phone"]
    nobody = {"email": "", "phone": people_here[0]["phone"], "location": "acme"}
    project.write([*people_here, nobody | {"id": "h 1"}])
    with dg.DagsterInstance.ephemeral() as instance:
        refresh(instance)
        outcome = run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
        assert outcome.failed == {}
        plan, listed = shown(instance, "upsert_plan"), shown(instance, "crm_contacts")
        outcomes = shown(instance, "upsert_outcomes")
        run = instance.get_run_by_id(outcome.run_id)
    assert rows(plan, "held_rows") == [
        {
            "code": "ambiguous_match",
            "source_key": "h 1",
            "explain": "contacts-pipeline explain acme --key 'h 1'",
        }
    ]
    assert plan["explain"] == "`contacts-pipeline explain acme --key KEY`"
    assert "troubled_rows" not in outcomes
    assert (listed["dagster/row_count"], listed["read"]) == (0, "whole")
    assert run is not None
    tags = {name.partition("/")[2]: n for name, n in run.tags.items() if n.isdecimal()}
    assert tags == {
        "locations": "1",
        "locations_failed": "0",
        "planned": "3",
        "created": "3",
        "updated": "0",
    }
    told = json.dumps([str(one) for one in (plan, listed, outcomes, tags)])
    assert "example.com" not in told
    assert "+1" not in told
