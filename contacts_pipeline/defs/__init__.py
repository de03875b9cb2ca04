"""Wiring: the only room that imports dagster."""

import dagster as dg

from contacts_pipeline.defs.automation import plan_job, push_job, refresh_job
from contacts_pipeline.defs.contacts import (
    unique_contacts,
    valid_contacts,
    warehouse_contacts,
    warehouse_source,
)
from contacts_pipeline.defs.locations import crm_locations
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.upserts import location_upserts


def build_definitions(project: Project | None = None) -> dg.Definitions:
    """Everything that Dagster knows of the pipeline."""
    return dg.Definitions(
        assets=[
            warehouse_source,
            crm_locations,
            warehouse_contacts,
            valid_contacts,
            unique_contacts,
            location_upserts,
        ],
        jobs=[refresh_job, plan_job, push_job],
        resources={"project": project or Project()},
        executor=dg.in_process_executor,
    )
