"""What Dagster shows of the rows that were judged: numbers to plot, rows to find, no values."""

import json
from typing import Any

import dagster as dg
import pytest

from contacts_pipeline.defs.runs import refresh
from tests.projects import SETTINGS, Project, people

REJECTED = [
    {"id": "none", "location": "acme", "email": "", "phone": "secretly 12345"},
    {"id": "lost", "location": "nowhere", "email": "secret@example.org"},
    {"id": "twin", "location": "acme", "email": "secret1@example.org"},
    {"id": "twin", "location": "bolt", "email": "secret2@example.org"},
    {"id": "secret@example.org", "location": "core", "email": "", "phone": ""},
]


def shown(instance: dg.DagsterInstance) -> dict[str, Any]:
    record = instance.fetch_materializations(dg.AssetKey("valid_contacts"), limit=1).records[0]
    assert record.asset_materialization
    return dict(record.asset_materialization.metadata)


def test_rejected_rows_are_found_by_key_and_code_and_their_values_are_masked(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write([*people("acme", 2, phone="12"), *REJECTED])
    refresh(instance)
    metadata = shown(instance)
    rows = [record.data for record in metadata["rejected_rows"].value.records]
    assert [(row["source_key"], row["code"], row["field"]) for row in rows] == [
        ("twin", "key_duplicate", "key"),
        ("twin", "key_duplicate", "key"),
        ("lost", "location_unknown", "locationId"),
        ("none", "no_match_field", "email,phone"),
        ("s***@e***.org", "no_match_field", "email,phone"),
    ]
    assert rows[-2]["value"] == "se***45"
    assert "secret" not in json.dumps([str(value) for value in metadata.values()])


def test_a_column_taken_for_the_location_by_mistake_leaves_none_of_its_values_in_the_event_log(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 2), SETTINGS.replace("location: location", "location: email"))
    refresh(instance)
    rows = [record.data for record in shown(instance)["rejected_rows"].value.records]
    assert [row["location_id"] for row in rows] == ["a***@a***.com"] * 2
    (run,) = instance.get_runs()
    events = [dg.serialize_value(entry) for entry in instance.all_logs(run.run_id)]
    assert [event for event in events if "acme.example.com" in event] == []


@pytest.mark.slow
def test_every_code_has_a_number_in_every_run(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write([*people("acme", 2, phone="12"), *REJECTED])
    refresh(instance)
    first = {name: value.value for name, value in shown(instance).items()}
    assert (first["rejected_key_duplicate"], first["warned_phone_invalid"]) == (2, 3)
    assert (first["rejected_email_role"], first["warned_date_future"]) == (0, 0)
    project.write(people("acme", 2))
    refresh(instance)
    second = {name: value.value for name, value in shown(instance).items()}
    assert second["rejected_key_duplicate"] == second["warned_phone_invalid"] == 0
    assert second["rejected_rows"].records == []


def test_a_code_of_many_rows_does_not_fill_the_table(
    project: Project, instance: dg.DagsterInstance
) -> None:
    lost = [{"id": f"{n:03}", "location": "nowhere", "email": "a@x.org"} for n in range(50)]
    project.write([*people("acme", 1), *lost, *REJECTED])
    refresh(instance)
    rows = [record.data for record in shown(instance)["rejected_rows"].value.records]
    codes = [row["code"] for row in rows]
    assert codes.count("location_unknown") == 20
    assert codes.count("no_match_field") == 2
    assert shown(instance)["rejected_location_unknown"].value == 51
