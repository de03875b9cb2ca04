"""The names that the partitioned assets go by, in their definitions, conditions and sensors."""

import dagster as dg

CRM = dg.AssetKey("crm_contacts")
PLAN = dg.AssetKey("upsert_plan")
UPSERTS = dg.AssetKey("contact_upserts")
OUTCOMES = dg.AssetKey("upsert_outcomes")
WRITTEN = dg.AssetKey("warehouse_outcomes")
RUN_ID_TAG = "contacts_pipeline/run_id"
