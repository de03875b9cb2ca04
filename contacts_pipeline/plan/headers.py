"""What a plan says of itself: its counts, its breaker, its budget."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contacts_pipeline.ledger import DayLeft, Position
from contacts_pipeline.plan.breakers import tripped
from contacts_pipeline.plan.files import (
    DayBudget,
    PlanCounts,
    PlanError,
    PlanHeader,
    newest_plan,
    read_header,
)
from contacts_pipeline.plan.inputs import PlannedLocation


def last_header(location: PlannedLocation, snapshots: Path, crm: str) -> PlanHeader | None:
    """The header of the location's newest plan; None if there is none that this program reads."""
    path = newest_plan(snapshots, crm, location.location_id)
    try:
        return read_header(path, location.location_id)
    except (PlanError, ValidationError):
        return None


def extracted_before(location: PlannedLocation, last: PlanHeader | None) -> int | None:
    """The rows of the last plan whose size was right: not held for it, or pushed all the same."""
    if last is None:
        return None
    if last.reason == "source_shrank" and last.plan_id != location.pushed_plan_id:
        return last.extracted_before
    return last.counts.extracted


def header(
    location: PlannedLocation,
    facts: Mapping[str, Any],
    day: DayLeft | None,
    *,
    rows_before: int | None,
    position: Position,
    crm: str,
    run_id: str,
    refresh: str | None,
    inputs: str | None,
) -> PlanHeader:
    """The header of a plan from its row of ``plan_counts``."""
    counts = PlanCounts(**{name: facts[name] for name in PlanCounts.model_fields if name in facts})
    reason, told = tripped(
        location.location_id,
        counts,
        counts.create + facts["deferred_create"],
        extracted_before=rows_before,
        max_shrink_share=location.max_shrink_share,
        max_reject_share=location.max_reject_share,
        max_create_share=location.max_create_share,
    )
    seconds = facts["requests"] * location.interval_ms / 1000 / location.burst_limit
    return PlanHeader(
        plan_id=secrets.token_hex(8),
        run_id=run_id,
        crm=crm,
        location_id=location.location_id,
        refresh=refresh,
        ledger_version=position.version,
        ledger_changes=position.changes,
        made_at=datetime.now(UTC),
        scored=location.scored,
        reason=reason,
        told=told,
        counts=counts,
        requests=facts["requests"],
        seconds_estimated=round(seconds, 1),
        spent=location.spent,
        gone=facts["gone"],
        allows_duplicates=location.allows_duplicates,
        data_version=facts["data_version"],
        extracted_before=rows_before,
        inputs=inputs,
        budget=day and _budget(location, facts, day),
    )


def _budget(location: PlannedLocation, facts: Mapping[str, Any], day: DayLeft) -> DayBudget:
    return DayBudget(
        left=day.requests,
        known_from=day.known_from,
        daily_limit=location.daily_limit,
        reserve=location.daily_reserve,
        create=facts["deferred_create"],
        update=facts["deferred_update"],
        requests=facts["deferred_requests"],
    )
