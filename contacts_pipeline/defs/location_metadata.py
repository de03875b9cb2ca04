"""What the UI shows of a location's plan, push and outcomes, and of a run by its tags."""

import shlex
from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

from contacts_pipeline import lineage, steps
from contacts_pipeline.defs.contacts import unique_contacts
from contacts_pipeline.defs.explain import ExplainLinks
from contacts_pipeline.defs.keys import PLAN, UPSERTS
from contacts_pipeline.defs.metadata import (
    bar_chart,
    column_lineage,
    filled_columns,
    frame,
    report_metadata,
    stage_metadata,
    table,
)
from contacts_pipeline.masking import looks_personal, mask_key
from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.push import LocationReport
from contacts_pipeline.workspace import Workspace

_HELD = """
select hold as code, source_keys[1] as source_key
from read_parquet($path)
where action = 'hold'
qualify row_number() over (partition by hold order by source_key) <= 20
order by code, source_key
"""
_TROUBLED = """
select state, code, source_keys[1] as source_key
from read_parquet($path)
where state in ('refused', 'failed', 'unknown')
qualify row_number() over (partition by state, code order by source_key) <= 20
order by state, code, source_key
"""
"""At most twenty rows a code: a table of the UI is looked at, not searched."""
_TROUBLED_STATES = {"refused", "failed", "unknown"}


def plan_columns(workspace: Workspace) -> lineage.Lineage:
    """The columns of every plan by those of ``unique_contacts``, which is read for it whole."""
    return lineage.plan_lineage(filled_columns(workspace.snapshot("unique_contacts")))


def plan_metadata(
    planned: steps.Planned, columns: lineage.Lineage, links: ExplainLinks
) -> dict[str, Any]:
    """A plan's counts as series, and the identities that it holds."""
    header = planned.header
    held: dict[str, Any] = {"held_because": header.told} if header.told else {}
    if header.counts.held:
        held |= _to_explain("held", frame(_HELD, planned.path), header.location_id, links)
    return (
        held
        | header.counts.model_dump()
        | {
            "requests": header.requests,
            "seconds_estimated": header.seconds_estimated,
            "explain": _command(header.location_id),
            "crm": header.crm,
        }
        | stage_metadata(planned.path, columns, unique_contacts.key)
    )


def push_metadata(pushed: steps.Pushed) -> dict[str, Any]:
    """A push's numbers as series, and the API fields that it sent."""
    sends = pushed.header.counts.create + pushed.header.counts.update
    fields = lineage.sent_fields(pushed.path) if sends else []
    columns = column_lineage({field: ["body"] for field in fields}, PLAN)
    return report_metadata(pushed.report) | {"dagster/column_lineage": columns}


def proof_metadata(proven: steps.Proven, links: ExplainLinks) -> dict[str, Any]:
    """The outcomes as series, by code, and the identities that did not arrive."""
    location_id, recount = proven.plan.location_id, proven.recount
    fates = pd.DataFrame(recount.fates, columns=["outcome", "code", "identities"])
    shown: dict[str, Any] = {
        "outcomes": bar_chart(fates, "identities"),
        "explain": _command(location_id),
    }
    if recount.states.keys() & _TROUBLED_STATES:
        troubled = frame(_TROUBLED, proven.path)
        shown |= _to_explain("troubled", troubled, location_id, links)
    if recount.codes:
        counted = pd.DataFrame(recount.codes.items(), columns=["code", "identities"])
        shown["codes"] = table(counted)
    return shown | report_metadata(proven.report) | stage_metadata(proven.path, {}, UPSERTS)


def run_tags(
    plans: Mapping[str, PlanHeader],
    proven: Mapping[str, steps.Proven],
    failed: Mapping[str, LocationReport],
) -> dict[str, str]:
    """A run's sums, so that the list of runs says what each did."""
    counts = {
        "locations": len(plans.keys() | proven.keys() | failed.keys()),
        "locations_failed": len(failed),
        "planned": sum(one.counts.create + one.counts.update for one in plans.values()),
        "created": sum(one.report.created for one in proven.values()),
        "updated": sum(one.report.updated for one in proven.values()),
    }
    return {f"contacts_pipeline/{name}": str(count) for name, count in counts.items()}


def _to_explain(
    name: str, rows: pd.DataFrame, location_id: str, links: ExplainLinks
) -> dict[str, Any]:
    """Rows with the command that tells all of each, and links to the same in the UI.

    A key that says who it is is masked, and leads nowhere.
    """
    keys = [str(key) for key in rows["source_key"]]
    rows["explain"] = [
        None if looks_personal(key) else f"{_words(location_id)} --key {shlex.quote(key)}"
        for key in keys
    ]
    rows["source_key"] = [mask_key(key) for key in keys]
    stories = links.listed(name, [(location_id, key) for key in keys])
    return {f"{name}_rows": table(rows), **stories}


def _command(location_id: str) -> dg.MarkdownMetadataValue:
    """What to type to see one contact's whole story."""
    return dg.MetadataValue.md(f"`{_words(location_id)} --key KEY`")


def _words(location_id: str) -> str:
    return f"contacts-pipeline explain {shlex.quote(location_id)}"
