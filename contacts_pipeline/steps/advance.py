"""Many locations through plan, push and proof in one go, each to its own end."""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Literal

from contacts_pipeline.ledger import Ledger, utc_now
from contacts_pipeline.push import LocationReport
from contacts_pipeline.steps.plan import Planned, Unplanned, plan, stored_plan
from contacts_pipeline.steps.push import Proven, Pushed, prove, push
from contacts_pipeline.workspace import Workspace

Stage = Literal["upsert_plan", "contact_upserts", "upsert_outcomes"]
Step = Unplanned | Planned | Pushed | Proven


def advance(
    workspace: Workspace,
    location_ids: Sequence[str],
    run_id: str,
    *,
    stages: Collection[Stage],
    force: bool = False,
    progress: Callable[[str, int, int], None] = lambda _location, _done, _all: None,
) -> Iterator[tuple[str, Step]]:
    """Take locations through the selected stages: all plans, then all pushes, then the proofs.

    A push without a plan of this run takes the stored one, which the ledger refuses if it is stale.
    Yields a location id and what was reached, as it is reached.
    """
    with workspace.ledger() as ledger:
        if "upsert_plan" in stages:
            planned = {}
            for location_id, step in plan(workspace, ledger, location_ids, run_id).items():
                if isinstance(step, Planned):
                    planned[location_id] = step
                elif "contact_upserts" in stages:
                    _record(ledger, location_id, run_id, step.report)
                yield location_id, step
        else:
            planned = {
                location_id: stored_plan(workspace, ledger.crm, location_id)
                for location_id in location_ids
            }
        if "contact_upserts" in stages:
            reports = push(workspace, ledger, planned, run_id, force=force, progress=progress)
            for location_id, report in reports.items():
                yield (
                    location_id,
                    Pushed(planned[location_id].header, planned[location_id].path, report),
                )
        if "upsert_outcomes" in stages:
            for location_id, one in planned.items():
                yield location_id, prove(workspace, ledger, one, run_id)


def _record(ledger: Ledger, location_id: str, run_id: str, report: LocationReport) -> None:
    ledger.record_push(
        location_id,
        run_id,
        plan_id=None,
        started_at=utc_now(),
        status=report.status,
        reason=report.reason,
        report=report.model_dump(),
    )
