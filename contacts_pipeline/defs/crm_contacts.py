"""crm_contacts: what the CRM holds of a location, as the plan's own run reads it beforehand.

Nobody materialises it by itself: ``policy.crm_snapshot`` says when a plan reads it.
"""

import dagster as dg

from contacts_pipeline.defs.keys import CRM
from contacts_pipeline.defs.locations import CRM_TAGS, LOCATIONS, OWNERS
from contacts_pipeline.defs.metadata import column_schema
from contacts_pipeline.pull import ContactsRead
from contacts_pipeline.steps.stages import location_snapshot
from contacts_pipeline.workspace import Workspace

CRM_CONTACTS = dg.AssetSpec(
    CRM,
    group_name="crm",
    owners=OWNERS,
    tags=CRM_TAGS,
    kinds={"http", "parquet"},
    partitions_def=LOCATIONS,
    description=(
        "The contacts that the CRM lists for a location. A plan reads them before it is made, "
        "where policy.crm_snapshot wants it: before the first push, or always, then only what was "
        "updated."
    ),
)


def listed_contacts(
    workspace: Workspace, location_id: str, read: ContactsRead
) -> dg.AssetMaterialization:
    """The list that a plan has just read."""
    path = location_snapshot(workspace, CRM.to_user_string(), location_id)
    return dg.AssetMaterialization(
        CRM,
        partition=location_id,
        metadata={
            "dagster/row_count": read.contacts,
            "dagster/column_schema": column_schema(path),
            "bytes": path.stat().st_size,
            "contacts_read": read.read,
            "read": "whole" if read.whole else "updates",
            "crm": workspace.settings.crm.base_url,
        },
    )
