"""The steps of the pipeline, a function a stage: what Dagster's assets call, free of Dagster.

Each reads the stages before it from the workspace, and writes its own.
"""

from contacts_pipeline.steps.advance import Stage, Step, advance
from contacts_pipeline.steps.attention import (
    Attention,
    attention,
    last_reports,
    pushes_of_enabled,
)
from contacts_pipeline.steps.audits import (
    RejectedShare,
    identities_by_location,
    rejected_shares,
    unassigned,
)
from contacts_pipeline.steps.explain import Asked, UnknownContactError, explain
from contacts_pipeline.steps.plan import Planned, Unplanned, stored_plan
from contacts_pipeline.steps.prove import Proven
from contacts_pipeline.steps.push import Pushed
from contacts_pipeline.steps.rebuild import Rebuilt, rebuild
from contacts_pipeline.steps.refresh import (
    extract,
    refresh_locations,
    registered_locations,
    told_unregistered,
    unify,
    validate,
)
from contacts_pipeline.steps.stages import StageMissingError
from contacts_pipeline.steps.standing import Standing, standings
from contacts_pipeline.steps.tidy import forget_old_pushes, remove_old_snapshots
from contacts_pipeline.steps.write_back import Unwritten, Written

__all__ = [
    "Asked",
    "Attention",
    "Planned",
    "Proven",
    "Pushed",
    "Rebuilt",
    "RejectedShare",
    "Stage",
    "StageMissingError",
    "Standing",
    "Step",
    "UnknownContactError",
    "Unplanned",
    "Unwritten",
    "Written",
    "advance",
    "attention",
    "explain",
    "extract",
    "forget_old_pushes",
    "identities_by_location",
    "last_reports",
    "pushes_of_enabled",
    "rebuild",
    "refresh_locations",
    "registered_locations",
    "rejected_shares",
    "remove_old_snapshots",
    "standings",
    "stored_plan",
    "told_unregistered",
    "unassigned",
    "unify",
    "validate",
]
