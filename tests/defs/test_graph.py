from typing import Any

import dagster as dg
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.projects import SETTINGS, Project, people, sandbox_locations

STAGES = ("upsert_plan", "contact_upserts", "upsert_outcomes")


def silent(_location: str, _done: int, _all: int) -> None:
    return


def materialized(instance: dg.DagsterInstance, asset: str, partition: str) -> dict[str, Any]:
    event = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=dg.AssetKey(asset), asset_partitions=[partition]), limit=1
    ).records[0]
    assert event.asset_materialization
    metadata = event.asset_materialization.metadata
    return {name: value.value for name, value in metadata.items()}


def push(
    instance: dg.DagsterInstance, *locations: str, job: str = "push", force: bool = False
) -> dict[str, str | None]:
    outcome = run_locations(instance, job, locations, force=force, progress=silent)
    return {location: report.reason for location, report in outcome.failed.items()}


def statuses(instance: dg.DagsterInstance, asset: str, *partitions: str) -> list[str | None]:
    found = instance.get_status_by_partition(
        dg.AssetKey(asset),
        partitions,
        dg.DynamicPartitionsDefinition(name="crm_locations"),
    )
    states = [(found or {}).get(name) for name in partitions]
    return [state and state.value for state in states]


def test_refresh_adds_a_partition_for_every_enabled_location(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.registry["bolt"]["enabled"] = "no"
    project.write(people("acme", 2))
    refresh(instance)
    assert instance.get_dynamic_partitions("crm_locations") == ["acme", "core"]
    project.registry["dime"] = {"country": "US"}
    project.write(people("acme", 2))
    refresh(instance)
    assert instance.get_dynamic_partitions("crm_locations") == ["acme", "core", "dime"]


def test_push_materialises_each_location_with_its_own_numbers(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    project.write(people("acme", 3) + people("bolt", 5))
    refresh(instance)
    assert push(instance, "acme", "bolt", "core") == {}
    assert materialized(instance, "upsert_plan", "acme")["create"] == 3
    assert materialized(instance, "contact_upserts", "acme")["created"] == 3
    assert materialized(instance, "upsert_outcomes", "bolt")["created"] == 5
    assert materialized(instance, "contact_upserts", "core")["created"] == 0
    for asset in ("contact_upserts", "upsert_outcomes"):
        numbers = materialized(instance, asset, "bolt")
        assert numbers["upserts_per_changed_contact"] == 1.0
        assert (numbers["upsert_requests"], numbers["tag_requests"]) == (5, 0)
        assert numbers["lookup_requests"] == 0
    assert materialized(instance, "upsert_outcomes", "bolt")["outcomes"].splitlines() == [
        "| outcome | code | identities |  |",
        "| :--- | :--- | ---: | :--- |",
        f"| created |  | 5 | {'█' * 40} |",
    ]
    assert {name: len(crm.contacts(name)) for name in ("acme", "bolt", "core")} == {
        "acme": 3,
        "bolt": 5,
        "core": 0,
    }


@pytest.mark.slow
def test_the_same_contacts_keep_the_data_version_of_the_location_and_send_nothing(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    project.write(people("acme", 3) + people("bolt", 3))
    refresh(instance)
    push(instance, "acme", "bolt")
    versions, requests = _versions(instance), crm.count()
    rows = people("acme", 3) + people("bolt", 3)
    rows[0]["city"] = "Boston"
    project.write(list(reversed(rows)))
    refresh(instance)
    push(instance, "acme", "bolt")
    assert crm.count() == requests + 1
    assert _versions(instance)["bolt"] == versions["bolt"]
    assert _versions(instance)["acme"] != versions["acme"]


def test_a_location_that_fails_is_the_only_one_that_is_marked_failed(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    project.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    project.write(people("acme", 2) + people("bolt", 2) + people("core", 2))
    refresh(instance)
    assert push(instance, "acme", "bolt", "core") == {"bolt": "token_refused"}
    for stage in STAGES:
        assert statuses(instance, stage, "acme", "bolt", "core") == [
            "MATERIALIZED",
            "FAILED",
            "MATERIALIZED",
        ]
    monkeypatch.setenv("BOLT_TOKEN", "pit-sandbox")
    assert push(instance, "bolt") == {}
    assert statuses(instance, "contact_upserts", "bolt") == ["MATERIALIZED"]
    assert len(crm.contacts("bolt")) == 2


def test_a_plan_alone_is_a_dry_run(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    project.write(people("acme", 2))
    refresh(instance)
    assert push(instance, "acme", job="plan") == {}
    assert materialized(instance, "upsert_plan", "acme")["create"] == 2
    assert statuses(instance, "contact_upserts", "acme") == [None]
    assert crm.contacts("acme") == []
    assert {entry["path"] for entry in crm.log()} == {
        "/contacts/search",
        "/locations/acme",
        "/locations/acme/customFields",
    }


def test_a_tripped_breaker_holds_its_location_until_forced(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    project.registry["acme"]["max_reject_share"] = "0.1"
    rows = people("acme", 4)
    rows[0] |= {"email": "nobody", "phone": ""}
    project.write(rows + people("bolt", 2))
    refresh(instance)
    assert push(instance, "acme", "bolt") == {"acme": "too_many_rejected"}
    assert (len(crm.contacts("acme")), len(crm.contacts("bolt"))) == (0, 2)
    assert push(instance, "acme", force=True) == {}
    assert len(crm.contacts("acme")) == 3


def test_lineage_leads_from_the_warehouse_column_to_the_api_field(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_BASE_URL", crm_sandbox(*sandbox_locations("acme")).url)
    renamed = SETTINGS.replace(
        "firstName: first_name", "firstName: upper(coalesce(first_name, city))"
    )
    project.write(people("acme", 2), renamed)
    refresh(instance)
    push(instance, "acme")
    steps = [
        ("contact_upserts", "acme", "firstName", {("upsert_plan", "body")}),
        ("upsert_plan", "acme", "body", {("unique_contacts", "first_name")}),
        ("unique_contacts", None, "first_name", {("valid_contacts", "first_name")}),
        ("valid_contacts", None, "first_name", {("warehouse_contacts", "first_name")}),
        (
            "warehouse_contacts",
            None,
            "first_name",
            {("contacts", "first_name"), ("contacts", "city")},
        ),
    ]
    for asset, partition, column, expected in steps:
        event = instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event is not None, (asset, partition)
        assert event.asset_materialization is not None
        lineage = event.asset_materialization.metadata["dagster/column_lineage"].value
        assert isinstance(lineage, dg.TableColumnLineage)
        found = {
            (dep.asset_key.path[-1], dep.column_name) for dep in lineage.deps_by_column[column]
        }
        assert expected <= found, (asset, found)
        assert "website" not in lineage.deps_by_column


def test_an_error_of_the_warehouse_reaches_the_caller_and_leaves_the_old_stages(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 2))
    refresh(instance)
    before = project.workspace().snapshot("warehouse_contacts").read_bytes()
    project.write(people("acme", 3), SETTINGS.replace("city: city", "city: town"))
    with pytest.raises(WarehouseError, match=r"contacts\.fields\.city: 'customers' has no column"):
        refresh(instance)
    assert project.workspace().snapshot("warehouse_contacts").read_bytes() == before


def test_nothing_vanished_is_checked_against_the_table_and_not_the_report_alone(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_BASE_URL", crm_sandbox(*sandbox_locations("acme", "bolt")).url)
    project.write(people("acme", 3) + people("bolt", 1))
    refresh(instance)
    push(instance, "acme", "bolt")
    (check,) = instance.event_log_storage.get_latest_asset_check_execution_by_key(
        [dg.AssetCheckKey(dg.AssetKey("upsert_outcomes"), "nothing_vanished")]
    ).values()
    assert check.event is not None
    assert check.event.dagster_event is not None
    evaluation = check.event.dagster_event.asset_check_evaluation_data
    assert evaluation.passed
    rows = evaluation.metadata["locations"]
    assert isinstance(rows, dg.TableMetadataValue)
    assert {record.data["location"]: record.data["created"] for record in rows.records} == {
        "acme": 3,
        "bolt": 1,
    }


def _versions(instance: dg.DagsterInstance) -> dict[str, str]:
    found = {}
    for partition in ("acme", "bolt"):
        event = instance.fetch_materializations(
            dg.AssetRecordsFilter(
                asset_key=dg.AssetKey("contact_upserts"), asset_partitions=[partition]
            ),
            limit=1,
        ).records[0]
        assert event.asset_materialization
        tags = event.asset_materialization.tags or {}
        found[partition] = tags["dagster/data_version"]
    return found


@pytest.mark.slow
def test_outcomes_in_the_warehouse_are_an_asset_where_they_are_wanted(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    rows = people("acme", 2) + people("bolt", 1)
    project.write(rows)
    wanted = dg.AssetKey("warehouse_outcomes")
    assert wanted not in build_definitions().resolve_all_asset_keys()
    project.write(rows, SETTINGS + "write_back: {url: analysts}\n")
    assert wanted in build_definitions().resolve_all_asset_keys()
    refresh(instance)
    assert push(instance, "acme", "bolt") == {}
    assert statuses(instance, "warehouse_outcomes", "acme", "bolt") == ["MATERIALIZED"] * 2
    metadata = materialized(instance, "warehouse_outcomes", "acme")
    assert (metadata["outcomes"], metadata["contact_ids"]) == (2, 2)
    assert metadata["warehouse"] == "analysts"
    requests = crm.count()
    outcome = run_locations(instance, "write_back", ["bolt"], force=False, progress=silent)
    assert (outcome.failed, outcome.unwritten, crm.count()) == ({}, {}, requests)
