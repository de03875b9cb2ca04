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
)
from contacts_pipeline.defs.crm_contacts import CRM_CONTACTS
from contacts_pipeline.defs.explain import explain_job
from contacts_pipeline.defs.locations import crm_locations
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.tidy import tidy_job, tidy_schedule
from contacts_pipeline.defs.upserts import location_assets
from contacts_pipeline.defs.upstream import (
    read_by_contacts,
    read_by_registry,
    upstream_specs,
)
from contacts_pipeline.settings import Alerts


def build_definitions(
    project: Project | None = None, beside: dg.Definitions | None = None
) -> dg.Definitions:
    """Everything that Dagster knows of the pipeline.

    Args:
        project: What the assets are given to work with.
        beside: The definitions of a project that builds the warehouse's tables, to be loaded in
            the same code location; a code location of its own needs nothing.
    """
    given = project or Project()
    settings = given.settings()
    automation = settings.automation if settings else None
    writes_back = settings is not None and settings.write_back is not None
    elsewhere = beside.resolve_all_asset_keys() if beside else ()
    own = dg.Definitions(
        assets=[
            *upstream_specs(settings, elsewhere),
            read_by_registry(settings, crm_locations),
            read_by_contacts(settings, warehouse_contacts),
            valid_contacts,
            unique_contacts,
            CRM_CONTACTS,
            automate(location_assets(writes_back=writes_back), automation),
        ],
        jobs=[refresh_job, plan_job, *push_jobs(writes_back=writes_back), explain_job, tidy_job],
        schedules=[*schedules(automation), *tidy_schedule(settings)],
        sensors=[
            location_sensor(automation, writes_back=writes_back),
            *alert_sensors(settings.alerts if settings else Alerts()),
        ],
        resources={"project": given},
        executor=dg.in_process_executor,
    )
    return dg.Definitions.merge(own, beside) if beside else own
