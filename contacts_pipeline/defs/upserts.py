"""upsert_plan, contact_upserts, upsert_outcomes: a partition a location, many to a run.

They are one step: a step that raises skips all that is downstream in its run, for every location,
while here one location's failure must be its own.
"""

import os
from collections.abc import Collection, Iterator
from typing import Any, cast

import dagster as dg
import pandas as pd

from contacts_pipeline import lineage, steps
from contacts_pipeline.defs.contacts import unique_contacts
from contacts_pipeline.defs.keys import OUTCOMES, PLAN, RUN_ID_TAG, UPSERTS
from contacts_pipeline.defs.locations import LOCATIONS, OWNERS, PIPELINE
from contacts_pipeline.defs.metadata import (
    bar_chart,
    column_lineage,
    filled_columns,
    report_metadata,
    stage_metadata,
    table,
)
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.push import LocationReport
from contacts_pipeline.workspace import Workspace

_PER_RUN_VARIABLE = "CONTACTS_LOCATIONS_PER_RUN"
DATA_VERSION_TAG = "dagster/data_version"


def locations_per_run(told: str) -> int:
    """How many locations share a run; raises ``SettingsError`` where that is no number from 1."""
    if not told.isdecimal() or int(told) == 0:
        raise SettingsError(f"{_PER_RUN_VARIABLE}: {told!r} is no number of locations; write 50")
    return int(told)


LOCATIONS_PER_RUN = locations_per_run(os.environ.get(_PER_RUN_VARIABLE, "50"))


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
        kinds=kinds,
        skippable=True,
        partitions_def=LOCATIONS,
    )


SPECS = [
    _spec(
        PLAN,
        [unique_contacts],
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
CONSERVATION = dg.AssetCheckSpec(
    "nothing_vanished",
    asset=OUTCOMES,
    description=(
        "extracted = rejected + merged + unchanged + held + deferred + created + updated + refused "
        "+ failed + unknown, for every location, by the push's report and by the table it left. "
        "If it fails, a row has two fates or none: compare the location's table with its plan."
    ),
)

CONVERGENCE = dg.AssetCheckSpec(
    "converged",
    asset=OUTCOMES,
    description=(
        "What the run wrote, or a sample of it, is read from the CRM again and holds what was "
        "sent; proof.sample in contacts.yaml says how much. If it fails, somebody or something "
        "else writes to these contacts, or the CRM dropped a field: see 'fields', then explain one."
    ),
)


@dg.multi_asset(
    specs=SPECS,
    check_specs=[CONSERVATION, CONVERGENCE],
    can_subset=True,
    backfill_policy=dg.BackfillPolicy.multi_run(LOCATIONS_PER_RUN),
)
def location_upserts(
    context: dg.AssetExecutionContext, config: PushConfig, project: dg.ResourceParam[Project]
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckResult]:
    """Plan, push and prove the run's locations; raises one Failure at the end if any failed."""
    workspace = project.workspace()
    selected = {key.to_user_string() for key in context.selected_asset_keys}
    run_id = context.run.tags.get(RUN_ID_TAG, context.run.run_id)
    failed: dict[str, LocationReport] = {}
    proven: dict[str, steps.Proven] = {}
    for location_id, step in steps.advance(
        workspace,
        context.partition_keys,
        run_id,
        stages=cast("set[steps.Stage]", selected),
        force=config.force,
        progress=project.progress,
    ):
        match step:
            case steps.Unplanned(report):
                failed[location_id] = report
            case steps.Planned(header, _):
                yield _materialization(
                    PLAN, location_id, _plan_metadata(workspace, step), header.data_version
                )
            case steps.Pushed(header, _, report):
                if report.status == "ok":
                    yield _materialization(
                        UPSERTS, location_id, _push_metadata(step), header.data_version
                    )
                else:
                    failed[location_id] = report
            case steps.Proven(report=report, data_version=data_version):
                proven[location_id] = step
                if report.status == "ok":
                    yield _materialization(
                        OUTCOMES, location_id, _proof_metadata(step), data_version
                    )
                else:
                    failed.setdefault(location_id, report)
    yield from _checks(proven, context.selected_asset_check_keys)
    if failed:
        raise dg.Failure(
            description="; ".join(report.told or location for location, report in failed.items()),
            metadata={
                location: dg.MetadataValue.json(report.model_dump())
                for location, report in failed.items()
            },
            allow_retries=False,
        )


def _materialization(
    key: dg.AssetKey, location_id: str, metadata: dict[str, Any], data_version: str
) -> dg.AssetMaterialization:
    return dg.AssetMaterialization(
        key, partition=location_id, metadata=metadata, tags={DATA_VERSION_TAG: data_version}
    )


def _plan_metadata(workspace: Workspace, planned: steps.Planned) -> dict[str, Any]:
    header = planned.header
    columns = lineage.plan_lineage(filled_columns(workspace.snapshot("unique_contacts")))
    held = {"held_because": header.told} if header.told else {}
    return (
        stage_metadata(planned.path, columns, unique_contacts.key)
        | header.counts.model_dump()
        | {
            "requests": header.requests,
            "seconds_estimated": header.seconds_estimated,
            "crm": header.crm,
        }
        | held
    )


def _push_metadata(pushed: steps.Pushed) -> dict[str, Any]:
    fields = lineage.sent_fields(pushed.path)
    columns = column_lineage({field: ["body"] for field in fields}, PLAN)
    return report_metadata(pushed.report) | {"dagster/column_lineage": columns}


def _proof_metadata(proven: steps.Proven) -> dict[str, Any]:
    columns: lineage.Lineage = {}
    counted = pd.DataFrame(proven.recount.codes.items(), columns=["code", "identities"])
    fates = pd.DataFrame(proven.recount.fates, columns=["outcome", "code", "identities"])
    return (
        stage_metadata(proven.path, columns, UPSERTS)
        | report_metadata(proven.report)
        | {"codes": table(counted), "outcomes": bar_chart(fates, "identities")}
    )


def _checks(
    proven: dict[str, steps.Proven], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    for key, check in ((CONSERVATION.key, _conservation), (CONVERGENCE.key, _convergence)):
        if key in selected:
            yield check(proven)


def _conservation(proven: dict[str, steps.Proven]) -> dg.AssetCheckResult:
    wrong = [
        location for location, one in proven.items() if not one.recount.agrees_with(one.report)
    ]
    rows = [
        {"location": location, "conserved": location not in wrong}
        | one.report.model_dump(include=set(_CONSERVED))
        for location, one in proven.items()
    ]
    return dg.AssetCheckResult(
        check_name=CONSERVATION.name,
        asset_key=OUTCOMES,
        passed=not wrong,
        metadata={
            "locations": table(pd.DataFrame(rows, columns=["location", "conserved", *_CONSERVED]))
        },
    )


def _convergence(proven: dict[str, steps.Proven]) -> dg.AssetCheckResult:
    rows = []
    for location, one in proven.items():
        if (found := one.read_back) is not None:
            fields = ", ".join(f"{field} {n}" for field, n in sorted(found.fields.items()))
            row = {"location": location, **found.converged.model_dump(), "fields": fields}
            rows.append(row | {"error": found.error})
    columns = ["location", "checked", "equal", "differs", "fields", "error"]
    sums = {name: sum(row[name] for row in rows) for name in ("checked", "equal", "differs")}
    return dg.AssetCheckResult(
        check_name=CONVERGENCE.name,
        asset_key=OUTCOMES,
        passed=not sums["differs"] and not any(row["error"] for row in rows),
        severity=dg.AssetCheckSeverity.WARN,
        metadata=sums | {"locations": table(pd.DataFrame(rows, columns=columns))},
    )


_CONSERVED = (
    "extracted",
    "rejected",
    "merged",
    "unchanged",
    "held",
    "deferred",
    "created",
    "updated",
    "refused",
    "failed",
    "unknown",
)
