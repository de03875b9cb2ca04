"""The partitions: a location of the CRM each, kept in step with the registry."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from contacts_pipeline import steps
from contacts_pipeline.defs.metadata import column_schema, table
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.source_checks import NO_LOCATION_STALE, staleness_result

OWNERS = ["team:data"]
PIPELINE = "contacts"
WAREHOUSE_TAGS = {"domain": "contacts", "system": "warehouse"}
CRM_TAGS = {"domain": "contacts", "system": "crm"}
LOCATIONS = dg.DynamicPartitionsDefinition(name="crm_locations")


@dg.asset(
    group_name=PIPELINE,
    owners=OWNERS,
    tags=WAREHOUSE_TAGS,
    kinds={"parquet"},
    check_specs=[NO_LOCATION_STALE],
    description=(
        "The registry of locations. Materialising it adds a partition for every enabled location "
        "that has none; a location that should no longer be pushed is disabled in the registry, "
        "its partition and history stay."
    ),
)
def crm_locations(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.MaterializeResult[None]]:
    """Read the registry and add the partitions that are missing."""
    workspace = project.workspace()
    locations = steps.refresh_locations(workspace)
    enabled = [location.id for location in locations if location.enabled]
    known = set(context.instance.get_dynamic_partitions(LOCATIONS.name or ""))
    added = [location_id for location_id in enabled if location_id not in known]
    if added:
        context.instance.add_dynamic_partitions(LOCATIONS.name or "", added)
    shown = ["id", "name", "country", "match", "enabled", "timezone", "daily_limit"]
    registry = pd.DataFrame([location.model_dump() for location in locations])
    yield dg.MaterializeResult(
        metadata={
            "dagster/column_schema": column_schema(workspace.snapshot("crm_locations")),
            "dagster/row_count": len(locations),
            "enabled": len(enabled),
            "added": len(added),
            "locations": table(registry[shown]),
        },
        check_results=[
            staleness_result(
                steps.standings(workspace),
                workspace.settings.checks,
                runs_by_itself=workspace.settings.automation is not None,
            )
        ],
    )
