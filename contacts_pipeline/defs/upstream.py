"""The warehouse's tables as assets upstream, by the keys that their own project gave them.

A table is the contacts' own source, so columns lead to it. A query stands between its tables and
the contacts as an asset of its own, since its columns are nobody else's.
"""

from collections.abc import Container, Iterator

import dagster as dg

from contacts_pipeline.defs.locations import WAREHOUSE_TAGS
from contacts_pipeline.settings import LocationTable, Settings
from contacts_pipeline.warehouse.address import scheme

GROUP = "warehouse"
WAREHOUSE = dg.AssetKey(["warehouse", "contacts"])


def contacts_source(settings: Settings | None) -> dg.AssetKey:
    """The asset whose columns ``contacts.yaml`` names."""
    if settings is None or settings.contacts.table is None:
        return WAREHOUSE
    return _keys(settings).get(settings.contacts.table, WAREHOUSE)


def read_by_contacts(settings: Settings | None, asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """``warehouse_contacts`` below what it is read from."""
    return _below(asset, [contacts_source(settings)])


def read_by_registry(settings: Settings | None, asset: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """``crm_locations`` below the registry's table, where that is somebody's asset."""
    registry = settings.locations if settings else None
    key = _keys(settings).get(registry.table) if isinstance(registry, LocationTable) else None
    return _below(asset, [key] if key else [])


def upstream_specs(
    settings: Settings | None, elsewhere: Container[dg.AssetKey]
) -> Iterator[dg.AssetSpec]:
    """What is read and not built here, but for the keys that are defined elsewhere."""
    kinds = {_product(settings.warehouse.url)} if settings else set()
    keys = _keys(settings)
    for table, key in keys.items():
        if key not in elsewhere:
            yield dg.AssetSpec(
                key,
                group_name=GROUP,
                tags=WAREHOUSE_TAGS,
                kinds=kinds,
                metadata={"dagster/table_name": table},
                description="A table of the warehouse. It is read here and built elsewhere.",
            )
    if contacts_source(settings) == WAREHOUSE and WAREHOUSE not in elsewhere:
        yield dg.AssetSpec(
            WAREHOUSE,
            deps=list(_read_by_query(settings)),
            group_name=GROUP,
            tags=WAREHOUSE_TAGS,
            kinds=kinds,
            description="The table or query that contacts.yaml names. It is read, never written.",
        )


def _read_by_query(settings: Settings | None) -> Iterator[dg.AssetKey]:
    if settings and settings.contacts.query:
        for table, key in _keys(settings).items():
            if settings.contacts.reads(table):
                yield key


def _product(url: str) -> str:
    found = scheme(url)
    return "duckdb" if found in {"", "md"} else found.rpartition("+")[2]


def _keys(settings: Settings | None) -> dict[str, dg.AssetKey]:
    given = settings.warehouse.upstream_assets if settings else {}
    return {table: dg.AssetKey.from_user_string(key) for table, key in given.items()}


def _below(asset: dg.AssetsDefinition, keys: list[dg.AssetKey]) -> dg.AssetsDefinition:
    return asset.map_asset_specs(lambda spec: spec.replace_attributes(deps=keys))
