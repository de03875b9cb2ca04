"""What to do about it: unique contacts and the ledger in, the plan of each location out."""

from contacts_pipeline.plan.custom_fields import CustomField, CustomFieldWarning
from contacts_pipeline.plan.excerpt import Excerpt, ShownRow, read_excerpt
from contacts_pipeline.plan.export import check_export, export_plans
from contacts_pipeline.plan.files import (
    PlanCounts,
    PlanError,
    PlanHeader,
    forget_plans,
    newest_plan,
    plan_path,
    read_header,
    read_rows,
)
from contacts_pipeline.plan.hashes import hashes_after, with_tags_apart
from contacts_pipeline.plan.inputs import PlannedLocation, Sources
from contacts_pipeline.plan.locations import plan_locations
from contacts_pipeline.plan.remedies import HOLD_REMEDIES
from contacts_pipeline.plan.restore import restored_contacts

__all__ = [
    "HOLD_REMEDIES",
    "CustomField",
    "CustomFieldWarning",
    "Excerpt",
    "PlanCounts",
    "PlanError",
    "PlanHeader",
    "PlannedLocation",
    "ShownRow",
    "Sources",
    "check_export",
    "export_plans",
    "forget_plans",
    "hashes_after",
    "newest_plan",
    "plan_locations",
    "plan_path",
    "read_excerpt",
    "read_header",
    "read_rows",
    "restored_contacts",
    "with_tags_apart",
]
