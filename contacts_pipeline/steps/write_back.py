"""The outcomes of a push, written to the user's warehouse; the CRM is not asked for anything.

What fails here fails alone: the push is done and stays so, and writing again doubles nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.steps.prove import Proven
from contacts_pipeline.steps.stages import stage
from contacts_pipeline.warehouse import Writer, open_writer
from contacts_pipeline.workspace import Workspace
from contacts_pipeline.write_back import PushedPlan, replacements


@dataclass(frozen=True)
class Written:
    """How many rows of which table a location has got, and where; ``run_id`` is its push's."""

    place: str
    run_id: str
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Unwritten:
    """Why a location's outcomes are not in the warehouse, and what to do."""

    told: str


def write_back(
    workspace: Workspace, ledger: Ledger, proven: Mapping[str, Proven]
) -> Iterator[tuple[str, Written | Unwritten]]:
    """Write each location's outcomes, one transaction a location."""
    waiting = list(proven)
    try:
        with open_writer(workspace.settings) as writer:
            while waiting:
                location_id = waiting[0]
                result = _written(workspace, ledger, writer, proven[location_id])
                yield waiting.pop(0), result
    except PipelineError as error:
        for location_id in waiting:
            yield location_id, Unwritten(f"location {location_id}: {error}")


def _written(workspace: Workspace, ledger: Ledger, writer: Writer, one: Proven) -> Written:
    push = PushedPlan(
        one.push["run_id"],
        ledger.crm,
        one.plan.location_id,
        one.plan.plan_id,
        one.push["started_at"],
        one.push["finished_at"],
        one.report,
        one.path,
        ledger.positions([one.plan.location_id])[one.plan.location_id].version,
    )
    changed = push.report.created + push.report.updated > 0
    written = writer.largest("pushes", "ledger_version", push.of_location)
    ids_are_current = written == push.ledger_version and not changed
    known = None if ids_are_current else ledger.known_contacts([push.location_id])
    rows = replacements(push, stage(workspace, "valid_contacts"), known, workspace.scratch)
    writer.replace(rows, push.of_location)
    return Written(writer.place, push.run_id, {one.table: one.rows.num_rows for one in rows})
