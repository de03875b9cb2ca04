"""Who builds the warehouse's tables is upstream of the contacts, in whichever code location."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh
from contacts_pipeline.errors import SettingsError
from tests.defs.conftest import instance
from tests.defs.dagster_dev import dagster_dev, place_instance
from tests.projects import SETTINGS, Project, people

__all__ = ["instance"]

UPSTREAM = "warehouse: {url: warehouse, upstream_assets: {%s}}"
BOTH = SETTINGS.replace(
    "warehouse: {url: warehouse}",
    UPSTREAM % "customers: shop/marts/customers, locations: shop/branches",
)
QUERY = SETTINGS.replace(
    "warehouse: {url: warehouse}", UPSTREAM % "customers: shop/customers, orders: shop/orders"
).replace(
    "table: customers",
    "query: select * from customers where id not in (select id from Orders)",
)
BUILDER = """
import dagster as dg

@dg.asset(key=dg.AssetKey(["shop", "marts", "customers"]))
def customers(): ...

@dg.asset(key=dg.AssetKey(["shop", "branches"]))
def branches(): ...

defs = dg.Definitions(assets=[customers, branches])
"""
CUSTOMERS, BRANCHES = dg.AssetKey(["shop", "marts", "customers"]), dg.AssetKey(["shop", "branches"])


@dg.asset(key=CUSTOMERS)
def customers() -> None:
    """What another project builds."""


def parents(definitions: dg.Definitions, *path: str) -> set[str]:
    graph = definitions.get_repository_def().asset_graph
    return {key.to_user_string() for key in graph.get(dg.AssetKey(list(path))).parent_keys}


def test_tables_are_upstream_by_their_own_keys(project: Project) -> None:
    project.write(people("acme", 1), BOTH)
    definitions = build_definitions()
    assert parents(definitions, "warehouse_contacts") == {"shop/marts/customers"}
    assert parents(definitions, "crm_locations") == {"shop/branches"}
    graph = definitions.get_repository_def().asset_graph
    assert not graph.get(CUSTOMERS).is_materializable
    assert graph.get(CUSTOMERS).kinds == {"duckdb"}
    assert graph.get(CUSTOMERS).metadata["dagster/table_name"] == "customers"
    assert not graph.has(dg.AssetKey(["warehouse", "contacts"]))


def test_a_query_stands_between_its_tables_and_the_contacts(project: Project) -> None:
    project.write(people("acme", 1), QUERY)
    definitions = build_definitions()
    assert parents(definitions, "warehouse_contacts") == {"warehouse/contacts"}
    assert parents(definitions, "warehouse", "contacts") == {"shop/customers", "shop/orders"}
    assert parents(definitions, "crm_locations") == set()


def test_the_builder_may_be_in_the_same_definitions(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 2), BOTH)
    definitions = build_definitions(beside=dg.Definitions(assets=[customers]))
    graph = definitions.get_repository_def().asset_graph
    assert graph.get(CUSTOMERS).is_materializable
    assert parents(definitions, "warehouse_contacts") == {"shop/marts/customers"}
    assert graph.get(CUSTOMERS).child_keys == {dg.AssetKey("warehouse_contacts")}
    assert graph.has(BRANCHES)
    job = dg.define_asset_job("both", dg.AssetSelection.assets(CUSTOMERS, "warehouse_contacts"))
    bound = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    ran = bound.resolve_job_def("both").execute_in_process(instance=instance)
    assert [one.asset_key for one in ran.get_asset_materialization_events()] == [
        CUSTOMERS,
        dg.AssetKey("warehouse_contacts"),
    ]


@pytest.mark.parametrize(
    ("settings", "source"),
    [(BOTH, CUSTOMERS), (SETTINGS, dg.AssetKey(["warehouse", "contacts"]))],
)
def test_columns_lead_to_the_table_that_is_upstream(
    project: Project, instance: dg.DagsterInstance, settings: str, source: dg.AssetKey
) -> None:
    settings = settings.replace("city: city", "city: trim(city) || ' ' || \"location\"")
    project.write(people("acme", 2), settings)
    refresh(instance)
    event = instance.get_latest_materialization_event(dg.AssetKey("warehouse_contacts"))
    assert event
    assert event.asset_materialization
    lineage: Any = event.asset_materialization.metadata["dagster/column_lineage"].value
    assert lineage.deps_by_column["city"] == [
        dg.TableColumnDep(source, "city"),
        dg.TableColumnDep(source, "location"),
    ]
    assert {one.asset_key for deps in lineage.deps_by_column.values() for one in deps} == {source}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("custmers: shop/customers", "neither contacts nor locations read 'custmers'"),
        ("customers: shop/all, locations: shop/all", "the asset 'shop/all' builds two tables"),
        ("customers: shop//customers", "upstream_assets"),
    ],
)
def test_what_can_not_be_meant_is_told(project: Project, given: str, told: str) -> None:
    project.write([], SETTINGS.replace("warehouse: {url: warehouse}", UPSTREAM % given))
    with pytest.raises(SettingsError, match=told):
        project.workspace()


@pytest.mark.slow
def test_the_builder_may_be_in_another_code_location(project: Project, tmp_path: Path) -> None:
    project.write(people("acme", 1), BOTH)
    place_instance(tmp_path)
    (tmp_path / "builder.py").write_text(BUILDER)
    with (tmp_path / "workspace.yaml").open("a") as file:
        file.write("  - python_file: {relative_path: builder.py, location_name: builder}\n")
    with dagster_dev(tmp_path) as (dagster, _):
        nodes = dagster.ask(
            """{ assetNodes { assetKey { path } isMaterializable dependencyKeys { path }
                dependedByKeys { path } repository { location { name } } } }"""
        )["assetNodes"]
    found = {tuple(node["assetKey"]["path"]): node for node in nodes}
    builder = found["shop", "marts", "customers"]
    assert len(nodes) == len(found), json.dumps(nodes)
    assert builder["isMaterializable"]
    assert builder["repository"]["location"]["name"] == "builder"
    assert builder["dependedByKeys"] == [{"path": ["warehouse_contacts"]}]
    assert found["crm_locations",]["dependencyKeys"] == [{"path": ["shop", "branches"]}]
