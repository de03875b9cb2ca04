"""What the checks find wrong, by the limits of the settings; none of these stops anything."""

import re
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from tests.projects import SETTINGS, Project, people

WITHOUT_CUSTOM_FIELDS = SETTINGS.replace("  custom_fields: {tier: tier}\n", "")
OPERATE = Path(__file__).parents[2] / "docs" / "operate.md"
OFFLINE = WITHOUT_CUSTOM_FIELDS + "policy: {crm_snapshot: never}\n"


def evaluation(instance: dg.DagsterInstance, key: dg.AssetCheckKey) -> dg.AssetCheckEvaluation:
    """What the check said when it last ran."""
    records = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])
    event = records[key].event
    assert event is not None
    assert event.dagster_event is not None
    return event.dagster_event.asset_check_evaluation_data


def check(instance: dg.DagsterInstance, asset: str, name: str) -> tuple[bool, dict[str, Any]]:
    """Whether the check passed when it last ran, and its metadata."""
    found = evaluation(instance, dg.AssetCheckKey(dg.AssetKey(asset), name))
    return found.passed, {name: one.value for name, one in found.metadata.items()}


def check_specs() -> list[dg.AssetCheckSpec]:
    return [
        spec
        for asset in build_definitions().resolve_asset_graph().assets_defs
        for spec in asset.check_specs
    ]


def rows(metadata: dict[str, Any], name: str = "locations") -> list[dict[str, Any]]:
    return [record.data for record in metadata[name].records]


def test_every_check_says_what_to_do() -> None:
    assert len(check_specs()) == 10
    for spec in check_specs():
        assert "fails," in (spec.description or ""), spec.name


def documented_severities() -> dict[str, str]:
    """Check to severity, by the table of checks in ``docs/operate.md``."""
    table = OPERATE.read_text(encoding="utf-8").partition("\n## Checks\n")[2].partition("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    return {check: line[-1] for line in lines for check in re.findall(r"`(\w+)`", line[0])}


def severity(instance: dg.DagsterInstance, spec: dg.AssetCheckSpec) -> str:
    """Of the check when it last ran, in the words of the table."""
    if evaluation(instance, spec.key).severity == dg.AssetCheckSeverity.WARN:
        return "warning"
    return "error, blocks" if spec.blocking else "error"


def test_every_check_is_as_severe_as_the_document_says(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 1), OFFLINE)
    refresh(instance)
    run_locations(instance, "push", ["core"], force=False, progress=lambda *_: None)
    found = {spec.name: severity(instance, spec) for spec in check_specs()}
    assert found == documented_severities()


@pytest.mark.slow
def test_a_source_that_shrank_or_changed_its_columns_is_told_once(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 10))
    refresh(instance)
    assert check(instance, "warehouse_contacts", "rows_kept")[0]
    assert check(instance, "warehouse_contacts", "source_columns_same")[0]
    project.write(people("acme", 7))
    path = project.folder / "warehouse" / "customers.csv"
    frame = pd.read_csv(path, dtype=str).rename(columns={"tier": "level"})
    frame.assign(tier="gold", born="1990").drop(columns="level").to_csv(path, index=False)
    refresh(instance)
    passed, told = check(instance, "warehouse_contacts", "rows_kept")
    assert (passed, told["rows"], told["rows_before"]) == (False, 7, 10)
    passed, told = check(instance, "warehouse_contacts", "source_columns_same")
    assert not passed
    assert rows(told, "changes") == [{"column": "born", "before": "none", "now": "VARCHAR"}]
    refresh(instance)
    assert check(instance, "warehouse_contacts", "rows_kept")[0]
    assert check(instance, "warehouse_contacts", "source_columns_same")[0]


def test_another_source_is_not_compared_with_the_one_before(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 10))
    refresh(instance)
    project.write(people("acme", 10), SETTINGS.replace("table: customers", "table: few"))
    pd.DataFrame(people("acme", 1)).assign(tags="", tier="").to_csv(
        project.folder / "warehouse" / "few.csv", index=False
    )
    refresh(instance)
    assert check(instance, "warehouse_contacts", "rows_kept")[0]
    assert check(instance, "warehouse_contacts", "source_columns_same")[0]


def test_many_rejected_rows_are_told_with_the_worst_location_first(
    project: Project, instance: dg.DagsterInstance
) -> None:
    bad = people("bolt", 3, email="nobody", phone="")
    project.registry["core"]["enabled"] = "no"
    project.write(people("acme", 9) + bad + people("core", 50), SETTINGS)
    refresh(instance)
    passed, told = check(instance, "valid_contacts", "few_rejected")
    assert (passed, told["share"]) == (False, 0.25)
    assert rows(told)[0] == {"location": "bolt", "extracted": 3, "rejected": 3, "share": 1.0}
    project.write(people("acme", 9) + bad, SETTINGS + "checks: {max_reject_share: 0.3}\n")
    refresh(instance)
    assert check(instance, "valid_contacts", "few_rejected")[0]


@pytest.mark.slow
def test_a_plan_of_several_days_and_a_location_that_was_never_pushed_with_success(
    project: Project, instance: dg.DagsterInstance
) -> None:
    settings = OFFLINE.replace(
        "locations: {table: locations}",
        "locations: [{id: acme, country: US, daily_limit: 5}, {id: bolt, country: US}]",
    )
    project.write(people("acme", 12) + people("bolt", 2), settings + "automation: {}\n")
    refresh(instance)
    passed, told = check(instance, "crm_locations", "no_location_stale")
    assert (passed, told["never_pushed"]) == (True, 2)
    run_locations(instance, "plan", ["acme", "bolt"], force=False, progress=lambda *_: None)
    passed, told = check(instance, "upsert_plan", "within_budget")
    assert (passed, told["most_days"]) == (False, 3)
    assert [(row["location"], row["days"]) for row in rows(told)] == [("acme", 3), ("bolt", 1)]

    held = settings.replace("country: US, daily_limit: 5", "max_create_share: 0, country: US")
    late = "checks: {stale_hours: 1.0e-6}\n"
    project.write(people("acme", 12), held + "automation: {}\n" + late)
    refresh(instance)
    run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
    refresh(instance)
    passed, told = check(instance, "crm_locations", "no_location_stale")
    assert (passed, told["stale"], told["never_pushed"]) == (False, 1, 1)
    assert [row["reason"] for row in rows(told)] == ["too_many_creates"]
    project.write(people("acme", 12), held + late)
    refresh(instance)
    assert check(instance, "crm_locations", "no_location_stale")[0]
