"""The jobs: refresh reads the warehouse for all locations, push brings locations up to date."""

import dagster as dg

from contacts_pipeline.defs.contacts import unique_contacts, valid_contacts, warehouse_contacts
from contacts_pipeline.defs.locations import crm_locations
from contacts_pipeline.defs.upserts import OUTCOMES, PLAN, UPSERTS

refresh_job = dg.define_asset_job(
    "refresh",
    dg.AssetSelection.assets(crm_locations, warehouse_contacts, valid_contacts, unique_contacts),
    description="The registry and the warehouse, read and prepared for all locations.",
)
plan_job = dg.define_asset_job(
    "plan",
    dg.AssetSelection.assets(PLAN),
    description="What would change in the chosen locations; sends nothing that writes.",
)
push_job = dg.define_asset_job(
    "push",
    dg.AssetSelection.assets(PLAN, UPSERTS, OUTCOMES),
    description="Plan, push and prove the chosen locations.",
)
