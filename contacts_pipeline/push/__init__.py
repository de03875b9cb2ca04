"""Doing it: a plan's requests at the CRM's own pace, every answer kept in the ledger."""

from contacts_pipeline.push.location import LocationPush
from contacts_pipeline.push.outcomes import EndedPush, Recount, write_outcomes
from contacts_pipeline.push.push import PushSettings, push_locations
from contacts_pipeline.push.report import LocationReport, Predictions

__all__ = [
    "EndedPush",
    "LocationPush",
    "LocationReport",
    "Predictions",
    "PushSettings",
    "Recount",
    "push_locations",
    "write_outcomes",
]
