"""Wiring: the only room that imports dagster."""

import dagster as dg

from contacts_pipeline.defs.alerts import alert_sensors
from contacts_pipeline.defs.automation import (
    automate,
    location_sensor,
    plan_job,
    push_jobs,
    refresh_job,
    schedules,
)
from contacts_pipeline.defs.contacts import (
    unique_contacts,
    valid_contacts,
    warehouse_contacts,
    warehouse_source,
)
from contacts_pipeline.defs.locations import crm_locations
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.upserts import location_assets
from contacts_pipeline.settings_operation import Alerts


def build_definitions(project: Project | None = None) -> dg.Definitions:
    """Everything that Dagster knows of the pipeline."""
    given = project or Project()
    settings = given.settings()
    automation = settings.automation if settings else None
    writes_back = settings is not None and settings.write_back is not None
    return dg.Definitions(
        assets=[
            warehouse_source,
            crm_locations,
            warehouse_contacts,
            valid_contacts,
            unique_contacts,
            automate(location_assets(writes_back=writes_back), automation),
        ],
        jobs=[refresh_job, plan_job, *push_jobs(writes_back=writes_back)],
        schedules=list(schedules(automation)),
        sensors=[
            location_sensor(automation, writes_back=writes_back),
            *alert_sensors(settings.alerts if settings else Alerts()),
        ],
        resources={"project": given},
        executor=dg.in_process_executor,
    )
