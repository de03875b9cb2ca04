"""upsert_plan, contact_upserts, upsert_outcomes, warehouse_outcomes: a partition a location.

They are one step: a step that raises skips all that is downstream in its run, for every location,
while here one location's failure must be its own.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, cast

import dagster as dg

from contacts_pipeline import steps
from contacts_pipeline.defs.contacts import unique_contacts
from contacts_pipeline.defs.crm_contacts import CRM_CONTACTS
from contacts_pipeline.defs.keys import OUTCOMES, PLAN, RUN_ID_TAG, UPSERTS, WRITTEN
from contacts_pipeline.defs.location_metadata import run_tags
from contacts_pipeline.defs.locations import CRM_TAGS, LOCATIONS, OWNERS, PIPELINE, WAREHOUSE_TAGS
from contacts_pipeline.defs.plan_checks import BUDGET, plan_results
from contacts_pipeline.defs.proof_checks import CHECKS, check_results
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.run_ends import RunEnds
from contacts_pipeline.errors import SettingsError

_PER_RUN_VARIABLE = "CONTACTS_LOCATIONS_PER_RUN"
_PER_RUN = "100"  # a process costs as much as thirty unchanged locations


def backfill_policy(told: str) -> dg.BackfillPolicy:
    """How many locations share a run: a number from 1, or ``all``; else a ``SettingsError``.

    A range on the command line needs ``all``: without a daemon Dagster starts one run.
    """
    if told == "all":
        return dg.BackfillPolicy.single_run()
    if not told.isdecimal() or int(told) == 0:
        raise SettingsError(
            f"{_PER_RUN_VARIABLE}: {told!r} is no number of locations; write {_PER_RUN}, or all"
        )
    return dg.BackfillPolicy.multi_run(int(told))


BACKFILL_POLICY = backfill_policy(os.environ.get(_PER_RUN_VARIABLE, _PER_RUN))


class PushConfig(dg.Config):
    """How to push."""

    force: bool = False


def _spec(key: dg.AssetKey, deps: list[Any], kinds: set[str], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        deps=deps,
        description=description,
        group_name=PIPELINE,
        owners=OWNERS,
        tags=WAREHOUSE_TAGS if key == WRITTEN else CRM_TAGS,
        kinds=kinds,
        skippable=True,
        partitions_def=LOCATIONS,
    )


SPECS = [
    _spec(
        PLAN,
        [unique_contacts, CRM_CONTACTS],
        {"duckdb", "parquet"},
        "What would change in the location and why: the exact request bodies, the fields that "
        "differ, the predicted contact, what is held. Materialised alone it is the dry run.",
    ),
    _spec(
        UPSERTS,
        [PLAN],
        {"http"},
        "The plan's requests, sent at the location's own pace; every answer is in the ledger "
        "before the next step sees it.",
    ),
    _spec(
        OUTCOMES,
        [UPSERTS],
        {"parquet"},
        "What became of every identity, as numbers and as a table, and the proof that none "
        "vanished.",
    ),
]
WRITE_BACK = _spec(
    WRITTEN,
    [OUTCOMES],
    {"table"},
    "Outcomes, conflicts, rejections and contact ids in the warehouse, for analysts. Materialised "
    "alone it writes what the last push came to again, doubles nothing and asks the CRM nothing.",
)


def location_assets(*, writes_back: bool) -> dg.AssetsDefinition:
    """The partitioned assets, with the last of them only where the settings have a write_back."""

    @dg.multi_asset(
        specs=[*SPECS, WRITE_BACK] if writes_back else SPECS,
        check_specs=[BUDGET, *CHECKS],
        can_subset=True,
        backfill_policy=BACKFILL_POLICY,
    )
    def location_upserts(
        context: dg.AssetExecutionContext, config: PushConfig, project: dg.ResourceParam[Project]
    ) -> Iterator[dg.AssetCheckResult]:
        yield from _advance(context, config, project)

    return location_upserts


def _advance(
    context: dg.AssetExecutionContext, config: PushConfig, project: Project
) -> Iterator[dg.AssetCheckResult]:
    """Take the run's locations through the stages; raises one Failure at the end if any failed."""
    workspace = project.workspace()
    selected = {key.to_user_string() for key in context.selected_asset_keys}
    ends = RunEnds(context, workspace)
    with contextlib.closing(
        steps.advance(
            workspace,
            context.partition_keys,
            context.run.tags.get(RUN_ID_TAG, context.run.run_id),
            stages=cast("set[steps.Stage]", selected),
            force=config.force,
            progress=project.progress,
        )
    ) as reached:
        for location_id, step in reached:
            ends.record(location_id, step)
    context.instance.add_run_tags(
        context.run.run_id, run_tags(ends.plans, ends.proven, ends.failed)
    )
    checks = context.selected_asset_check_keys
    yield from plan_results(ends.plans, workspace.settings.checks, checks)
    yield from check_results(ends.proven, checks)
    ends.raise_failure()
