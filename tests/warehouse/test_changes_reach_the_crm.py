"""One percent of the warehouse changes: about that much is read, and exactly that is sent."""

from typing import Any

import dagster as dg
import pytest

from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.conftest import instance
from tests.projects import SETTINGS, Project, sandbox_locations
from tests.warehouse.warehouses import PostgresWarehouse

__all__ = ["instance"]
LOAD = """
insert into customers select 'k' || n, 'acme', now() - interval '1 day' + n * interval '1 minute',
    'ann' || n || '@example.com', 'Bonn' from generate_series(0, 299) n
"""
CONTACTS = (
    "{table: customers, key: id, location: location, updated_at: updated_at, "
    "fields: {email: email, city: city}}"
)


def read_metadata(instance: dg.DagsterInstance) -> dict[str, Any]:
    event = instance.get_latest_materialization_event(dg.AssetKey("warehouse_contacts"))
    assert event
    assert event.asset_materialization
    return {name: one.value for name, one in event.asset_materialization.metadata.items()}


def push(instance: dg.DagsterInstance, *, full_refresh: bool = False) -> dict[str, Any]:
    refresh(instance, full_refresh=full_refresh)
    run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
    return read_metadata(instance)


@pytest.mark.slow
def test_after_one_percent_changed_exactly_those_are_sent(
    project: Project,
    warehouse: PostgresWarehouse,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv("WAREHOUSE_URL", warehouse.url)
    project.config.write_text(
        "warehouse: {url: '${WAREHOUSE_URL}', overlap_minutes: 5}\n"
        f"contacts: {CONTACTS}\n"
        "locations: [{id: acme, match: email}]\n" + SETTINGS[SETTINGS.index("crm:") :]
    )
    warehouse.sql(LOAD)
    assert push(instance)["read"] == "full"
    sent = crm.count("upsert")
    assert sent == 300
    warehouse.sql(
        "update customers set city = 'Ulm', updated_at = now() where id in ('k1', 'k2', 'k3')"
    )
    found = push(instance)
    in_the_overlap = 6
    assert (found["read"], found["rows_read"]) == ("changes", 3 + in_the_overlap)
    assert crm.count("upsert") == sent + 3
    assert {one["city"] for one in crm.contacts("acme") if one["email"] == "ann2@example.com"} == {
        "Ulm"
    }
    assert push(instance, full_refresh=True)["why"] == "asked"
    assert crm.count("upsert") == sent + 3
