"""warehouse_contacts, valid_contacts, unique_contacts: one scan for all locations."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from contacts_pipeline import lineage, steps
from contacts_pipeline.defs.explain import ExplainLinks
from contacts_pipeline.defs.judgement_metadata import judgement_metadata
from contacts_pipeline.defs.locations import OWNERS, PIPELINE, WAREHOUSE_TAGS, crm_locations
from contacts_pipeline.defs.metadata import (
    filled_columns,
    stage_metadata,
    table,
)
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.defs.source_checks import (
    FEW_REJECTED,
    ROWS_KEPT,
    SAME_COLUMNS,
    rejected_result,
    source_results,
)
from contacts_pipeline.defs.upstream import contacts_source
from contacts_pipeline.workspace import Workspace


class ReadConfig(dg.Config):
    """How to read the warehouse."""

    full_refresh: bool = False


@dg.asset(
    group_name=PIPELINE,
    owners=OWNERS,
    tags=WAREHOUSE_TAGS,
    kinds={"duckdb", "parquet"},
    check_specs=[SAME_COLUMNS, ROWS_KEPT],
    description=(
        "The contacts as the warehouse holds them, one row a source row, typed as text except "
        "updated_at (UTC)."
    ),
)
def warehouse_contacts(
    config: ReadConfig, project: dg.ResourceParam[Project]
) -> Iterator[dg.MaterializeResult[None]]:
    """Read the warehouse once for all locations."""
    workspace = project.workspace()
    extraction = steps.extract(workspace, full_refresh=config.full_refresh)
    path = workspace.snapshot("warehouse_contacts")
    columns = lineage.warehouse_lineage(workspace.settings)
    source = contacts_source(workspace.settings)
    how = {"read": extraction.read, "why": extraction.why or "changes_suffice"}
    yield dg.MaterializeResult(
        metadata=stage_metadata(path, columns, source)
        | how
        | {
            "rows": extraction.rows,
            "rows_read": extraction.rows_read,
            "deleted": extraction.deleted,
        },
        check_results=source_results(extraction, workspace.settings.checks),
    )


@dg.asset(
    deps=[warehouse_contacts, crm_locations],
    group_name=PIPELINE,
    owners=OWNERS,
    tags=WAREHOUSE_TAGS,
    kinds={"duckdb", "parquet"},
    check_specs=[
        dg.AssetCheckSpec(
            "every_row_judged",
            asset="valid_contacts",
            blocking=True,
            description=(
                "Every extracted row is here once, valid or rejected. If it fails, rows were lost "
                "or doubled: nothing is planned; please report it with the run's logs."
            ),
        ),
        FEW_REJECTED,
    ],
    description=(
        "Every field normalised. A row that can't be sent keeps its place with a rejection, a bad "
        "optional field is dropped with a warning; both have a code, the field and the raw value."
    ),
)
def valid_contacts(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]
) -> Iterator[dg.MaterializeResult[None]]:
    """Judge every row."""
    workspace = project.workspace()
    counts = steps.validate(workspace)
    path = workspace.snapshot("valid_contacts")
    filled = filled_columns(workspace.snapshot("warehouse_contacts"))
    metadata = stage_metadata(
        path,
        lineage.valid_lineage(_columns(workspace, "valid_contacts"), filled),
        warehouse_contacts.key,
    )
    yield dg.MaterializeResult(
        metadata=metadata
        | {
            "rejected": counts.rejected,
            "unassigned": sum(steps.unassigned(workspace).values()),
        }
        | judgement_metadata(path, ExplainLinks(context.run)),
        check_results=[
            dg.AssetCheckResult(
                check_name="every_row_judged",
                passed=counts.extracted == counts.judged,
                metadata={"extracted": counts.extracted, "judged": counts.judged},
            ),
            rejected_result(steps.rejected_shares(workspace), workspace.settings.checks),
        ],
    )


@dg.asset(
    deps=[valid_contacts, crm_locations],
    group_name=PIPELINE,
    owners=OWNERS,
    tags=WAREHOUSE_TAGS,
    kinds={"duckdb", "parquet"},
    check_specs=[
        dg.AssetCheckSpec(
            "one_row_an_identity",
            asset="unique_contacts",
            blocking=True,
            description=(
                "In no location that matches on email do two identities have the same one. If it "
                "fails, two requests would overwrite each other: nothing is planned; please "
                "report it with the run's logs."
            ),
        ),
        dg.AssetCheckSpec(
            "every_valid_row_unified",
            asset="unique_contacts",
            blocking=True,
            description=(
                "Every row that was not rejected is a member of exactly one identity. If it fails, "
                "rows were lost or doubled: nothing is planned; please report it with the run's "
                "logs."
            ),
        ),
    ],
    description=(
        "One row an identity and location, with the source keys merged into it and the reason for "
        "every choice."
    ),
)
def unique_contacts(project: dg.ResourceParam[Project]) -> Iterator[dg.MaterializeResult[None]]:
    """Unify the rows of one person."""
    workspace = project.workspace()
    counts = steps.unify(workspace)
    path = workspace.snapshot("unique_contacts")
    filled = filled_columns(workspace.snapshot("valid_contacts"))
    metadata = stage_metadata(
        path,
        lineage.unique_lineage(_columns(workspace, "unique_contacts"), filled),
        valid_contacts.key,
    )
    yield dg.MaterializeResult(
        metadata=metadata
        | {
            "merged": counts.members - counts.identities,
            "held": counts.held,
            "locations": table(pd.DataFrame(steps.identities_by_location(workspace))),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name="one_row_an_identity",
                passed=counts.repeated_emails == 0,
                metadata={"repeated_emails": counts.repeated_emails},
            ),
            dg.AssetCheckResult(
                check_name="every_valid_row_unified",
                passed=counts.members == counts.valid,
                metadata={"valid": counts.valid, "members": counts.members},
            ),
        ],
    )


def _columns(workspace: Workspace, stage: str) -> list[str]:
    return list(filled_columns(workspace.snapshot(stage)))
