"""Many locations through plan, push and proof in one go, each to its own end."""

from collections.abc import Callable, Generator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from typing import Literal

from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan import PlanError
from contacts_pipeline.steps.plan import (
    Planned,
    Unplanned,
    plan,
    record_report,
    stored_plan,
    unplanned,
)
from contacts_pipeline.steps.prove import Proven, prove, read_back_written
from contacts_pipeline.steps.push import Pushed, push
from contacts_pipeline.steps.write_back import Unwritten, Written, write_back
from contacts_pipeline.workspace import Workspace

Stage = Literal["upsert_plan", "contact_upserts", "upsert_outcomes", "warehouse_outcomes"]
Step = Unplanned | Planned | Pushed | Proven | Written | Unwritten
_SENDING: frozenset[Stage] = frozenset({"upsert_plan", "contact_upserts"})


def advance(
    workspace: Workspace,
    location_ids: Sequence[str],
    run_id: str,
    *,
    stages: AbstractSet[Stage],
    force: bool = False,
    progress: Callable[[str, int, int], None] = lambda _location, _done, _all: None,
) -> Generator[tuple[str, Step], None, None]:
    """Take locations through the selected stages: all plans, all pushes, the proofs, the warehouse.

    A push without a plan of this run takes the stored one, which the ledger refuses if it is stale.
    Yields a location id and what was reached, as it is reached.
    """
    with workspace.ledger() as ledger:
        planned: dict[str, Planned] = {}
        if stages & _SENDING:
            steps = (
                plan(workspace, ledger, location_ids, run_id)
                if "upsert_plan" in stages
                else _stored_plans(workspace, ledger, location_ids)
            )
            for location_id, step in steps.items():
                if isinstance(step, Planned):
                    planned[location_id] = step
                    if "upsert_plan" in stages:
                        yield location_id, step
                elif stages >= _SENDING:
                    report = step.report.deferred_if_no_fault()
                    record_report(ledger, location_id, run_id, report)
                    yield location_id, Unplanned(report, recorded=True)
                else:
                    yield location_id, step
        pushed: dict[str, Pushed] = {}
        if "contact_upserts" in stages:
            with closing(
                push(workspace, ledger, planned, run_id, force=force, progress=progress)
            ) as reports:  # before the ledger is
                for location_id, report in reports:
                    one = planned[location_id]
                    pushed[location_id] = Pushed(one.header, one.path, report)
                    yield location_id, pushed[location_id]
        if stages - _SENDING:
            read_back = read_back_written(workspace, ledger, pushed, run_id)
            wanted = planned if stages & _SENDING else location_ids
            found = {location_id: read_back.get(location_id) for location_id in wanted}
            proofs = prove(workspace, ledger, found, run_id)
            yield from _told(workspace, ledger, proofs, stages)


def _told(
    workspace: Workspace,
    ledger: Ledger,
    proofs: Iterator[tuple[str, Proven | Unplanned]],
    stages: AbstractSet[Stage],
) -> Iterator[tuple[str, Step]]:
    proven: dict[str, Proven] = {}
    for location_id, step in proofs:
        if isinstance(step, Proven):
            proven[location_id] = step
        if isinstance(step, Unplanned) or "upsert_outcomes" in stages:
            yield location_id, step
    if "warehouse_outcomes" in stages:
        yield from write_back(workspace, ledger, proven)


def _stored_plans(
    workspace: Workspace, ledger: Ledger, location_ids: Sequence[str]
) -> dict[str, Planned | Unplanned]:
    found: dict[str, Planned | Unplanned] = {}
    for location_id in location_ids:
        try:
            found[location_id] = stored_plan(workspace, ledger.crm, location_id)
        except PlanError as error:
            found[location_id] = unplanned(error)
    return found
