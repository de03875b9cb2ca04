"""What the UI's catalogue finds the assets by."""

import dagster as dg

from contacts_pipeline.defs import build_definitions
from tests.projects import SETTINGS, Project, people

TEAM = ["team:data"]
UPSTREAM_TABLE = """\
warehouse:
  url: warehouse
  upstream_assets: {locations: dbt/locations}
"""
LABELS = {
    "warehouse/contacts": ([], "warehouse", {"duckdb"}, "warehouse"),
    "dbt/locations": ([], "warehouse", {"duckdb"}, "warehouse"),
    "crm_locations": (TEAM, "contacts", {"parquet"}, "warehouse"),
    "warehouse_contacts": (TEAM, "contacts", {"duckdb", "parquet"}, "warehouse"),
    "valid_contacts": (TEAM, "contacts", {"duckdb", "parquet"}, "warehouse"),
    "unique_contacts": (TEAM, "contacts", {"duckdb", "parquet"}, "warehouse"),
    "crm_contacts": (TEAM, "crm", {"http", "parquet"}, "crm"),
    "upsert_plan": (TEAM, "contacts", {"duckdb", "parquet"}, "crm"),
    "contact_upserts": (TEAM, "contacts", {"http"}, "crm"),
    "upsert_outcomes": (TEAM, "contacts", {"parquet"}, "crm"),
    "warehouse_outcomes": (TEAM, "contacts", {"table"}, "warehouse"),
}


def labels(spec: dg.AssetSpec) -> tuple[list[str], str | None, set[str], str | None]:
    """Owners, group, kinds and the system that the asset is about."""
    assert spec.tags["domain"] == "contacts", spec.key
    return list(spec.owners), spec.group_name, spec.kinds, spec.tags.get("system")


def test_every_asset_has_its_owner_group_kinds_and_tags(project: Project) -> None:
    settings = SETTINGS.replace("warehouse: {url: warehouse}\n", UPSTREAM_TABLE)
    project.write(people("acme", 1), settings + "write_back: {url: analysts}\n")
    specs = build_definitions().resolve_all_asset_specs()
    assert {spec.key.to_user_string(): labels(spec) for spec in specs} == LABELS
