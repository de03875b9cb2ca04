"""One location's push: its plan's rows in order, at its own pace, each to an outcome."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from contacts_pipeline.crm import Access, CrmClient, RateLimits
from contacts_pipeline.ledger import (
    Journal,
    Ledger,
    LedgerError,
    count_outcomes,
    day_left,
    plan_progress,
    record_push,
    utc_now,
)
from contacts_pipeline.plan.files import PlanError, PlanHeader
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.guard import only_pusher
from contacts_pipeline.push.held import held_as_unsettled, settle_held
from contacts_pipeline.push.meter import where
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.record import Errand, Record
from contacts_pipeline.push.refusals import RefusalBreaker
from contacts_pipeline.push.remedies import told_with_remedy
from contacts_pipeline.push.report import NO_FAULT, LocationReport, Status, quantiles
from contacts_pipeline.push.sending import send_all
from contacts_pipeline.push.stop import StopSignal
from contacts_pipeline.push.wire import Wire
from contacts_pipeline.snapshots import unchanging
from contacts_pipeline.spent import NOTHING, Spent

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class LocationPush:
    """What to push to one location, and with what.

    ``access`` is None where there is no token. From ``quiet_from`` on nothing is sent.
    """

    plan: PlanHeader
    rows: Path
    access: Access | None
    token_env: str
    burst_limit: int
    interval_seconds: float
    daily_limit: int
    daily_reserve: int
    max_refuse_share: float
    quiet_from: datetime | None = None


@dataclass(frozen=True)
class Surroundings:
    """What all locations of a push share; ``stop_run`` stops them all."""

    run_id: str
    ledger: Ledger
    journal: Journal
    hash_key: bytes
    force: bool
    settle_seconds: float
    max_tries: int
    connect: Callable[[str, Access, Callable[[Any], None]], CrmClient]
    progress: Callable[[str, int, int], None]
    stop_run: Callable[[str, str], None]


async def push_location(
    push: LocationPush, around: Surroundings, stop: StopSignal
) -> LocationReport:
    """Push one location; its failure is its own, and is in the report instead of raised.

    Raises:
        LedgerError: the ledger failed, so nothing can be known for certain of any location.
    """
    plan, started_at = push.plan, utc_now()
    try:
        with _stopping_at(push.quiet_from, stop):
            report = await _guarded(push, around, stop)
    except LedgerError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the other locations go on
        told = f"an error of contacts-pipeline: {type(error).__name__} at {where(error)}"
        _LOG.error("location %s: %s", plan.location_id, told)
        stop.set("internal_error", told)
        report = await _report(push, around, stop)
    report = report.model_copy(update={"refresh": plan.refresh})
    await asyncio.to_thread(
        record_push,
        around.ledger,
        plan.location_id,
        around.run_id,
        plan_id=plan.plan_id,
        started_at=started_at,
        status=report.status,
        reason=report.reason or report.deferred_because,
        report=report.model_dump(),
    )
    return report


@contextlib.contextmanager
def _stopping_at(quiet_from: datetime | None, stop: StopSignal) -> Iterator[None]:
    if quiet_from is None:
        yield
        return
    seconds = (quiet_from - datetime.now(UTC)).total_seconds()
    if seconds <= 0:
        stop.set("quiet_hours")
    timer = asyncio.get_running_loop().call_later(seconds, stop.set, "quiet_hours")
    try:
        yield
    finally:
        timer.cancel()


async def _guarded(push: LocationPush, around: Surroundings, stop: StopSignal) -> LocationReport:
    plan = push.plan

    def held_back(reason: str, told: str) -> LocationReport:
        report = LocationReport.held_back(plan.counts, reason, told)
        return report.after(_spent_on_the_plan(plan, around))

    if plan.reason is not None and not around.force:
        return held_back(plan.reason, plan.told or "")
    place = f"location {plan.location_id}"
    async with only_pusher(around.ledger, around.journal, plan.location_id) as alone:
        if not alone:
            told = f"{place}: another push of it is running; wait for its end"
            return held_back("already_running", told)
        with _opened(push.rows) as rows:
            if rows is None:
                told = f"{place}: its plan is gone; materialise upsert_plan again"
                return held_back(PlanError.code, told)
            if _to_send(plan) and not await asyncio.to_thread(_begin, plan, around.ledger):
                told = f"{place}: another plan was pushed since; materialise upsert_plan again"
                return held_back("plan_stale", told)
            return await _push_rows(push, rows, around, stop)


@contextlib.contextmanager
def _opened(plan: Path) -> Iterator[Path | None]:
    """The plan for as long as it is pushed, even if its file is removed; None if that is gone."""
    with contextlib.ExitStack() as stack:
        try:
            (rows,) = stack.enter_context(unchanging(plan))
        except FileNotFoundError:
            yield None
        else:
            yield rows


def _begin(plan: PlanHeader, ledger: Ledger) -> bool:
    """Whether nothing has been written since this plan was made, but by itself."""
    return ledger.begin_plan(
        plan.location_id, plan.plan_id, plan.ledger_version, plan.ledger_changes
    )


async def _push_rows(
    push: LocationPush, rows: Path, around: Surroundings, stop: StopSignal
) -> LocationReport:
    plan, started = push.plan, perf_counter()
    progress = await asyncio.to_thread(plan_progress, around.ledger, plan.location_id, plan.plan_id)
    held = await asyncio.to_thread(held_as_unsettled, rows) if plan.counts.held else []
    facts: dict[str, Any] = {}
    if push.access is None:
        stop.set("token_missing", f"{push.token_env} is not set to a token")
    elif not stop.is_set and (_to_send(plan) > len(progress.acknowledged) or held):
        pace = Pace(stop, push.burst_limit, push.interval_seconds)
        budget = await asyncio.to_thread(_budget, push, around.ledger, stop)

        def observe(limits: RateLimits) -> None:
            pace.observe(limits)
            budget.observe(limits)

        async with around.connect(plan.location_id, push.access, observe) as client:
            wire = await _wire(plan, around, client, pace=pace, budget=budget, stop=stop)
            planned = _to_send(plan) - len(progress.acknowledged)
            share = 1.0 if around.force else push.max_refuse_share
            breaker = RefusalBreaker(stop, share, planned)

            def show(done: int) -> None:
                around.progress(plan.location_id, done, planned)

            await send_all(rows, wire, progress, breaker, show)
            if held:
                await settle_held(push.rows, held, wire, around.ledger)
            wire.save_limits(math.inf)
        facts = {
            "requests": client.requests,
            **wire.meter.facts(),
            **quantiles(wire.meter.latencies),
        }
    if around.journal.failure is not None:
        raise around.journal.failure
    return await _report(push, around, stop, seconds=round(perf_counter() - started, 3), **facts)


def _budget(push: LocationPush, ledger: Ledger, stop: StopSignal) -> DailyBudget:
    location_id = push.plan.location_id
    left = day_left(ledger, {location_id: push.daily_limit})[location_id]
    return DailyBudget(stop, left.requests, push.daily_reserve, counted=left.known_from == "ledger")


async def _wire(
    plan: PlanHeader,
    around: Surroundings,
    client: CrmClient,
    *,
    pace: Pace,
    budget: DailyBudget,
    stop: StopSignal,
) -> Wire:
    errand = Errand(
        plan.crm,
        plan.location_id,
        around.run_id,
        plan.plan_id,
        around.hash_key,
        scored=plan.scored,
    )
    number = await asyncio.to_thread(around.ledger.next_number, plan.location_id, around.run_id)
    return Wire(
        client,
        Record(errand, around.journal, stop, first_number=number),
        pace,
        budget,
        stop,
        stop_run=around.stop_run,
        settle_seconds=around.settle_seconds,
        max_tries=around.max_tries,
    )


async def _report(
    push: LocationPush, around: Surroundings, stop: StopSignal, **facts: Any
) -> LocationReport:
    plan = push.plan
    outcomes, earlier = await asyncio.to_thread(
        count_outcomes, around.ledger, plan.location_id, around.run_id, plan.plan_id
    )
    fault = stop.reason if stop.reason not in NO_FAULT else None
    status: Status = "failed" if fault else "ok"
    return LocationReport.of_outcomes(
        plan.counts,
        outcomes,
        earlier,
        status=status,
        reason=fault,
        told=told_with_remedy(plan.location_id, stop) if fault else None,
        deferred_because=stop.reason if stop.reason in NO_FAULT else None,
        **facts,
    ).after(_spent_on_the_plan(plan, around))


def _to_send(plan: PlanHeader) -> int:
    """What the day has no room for is tried as well: the CRM may say that it has."""
    return plan.counts.create + plan.counts.update + plan.counts.deferred


def _spent_on_the_plan(plan: PlanHeader, around: Surroundings) -> Spent:
    """What reading the CRM for the plan took, if that was in this run."""
    return plan.spent if plan.run_id == around.run_id else NOTHING
