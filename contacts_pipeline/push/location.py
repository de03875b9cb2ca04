"""One location's push: its plan's rows in order, at its own pace, each to an outcome."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import SecretStr

from contacts_pipeline.crm import CrmClient
from contacts_pipeline.ledger import Journal, Ledger, utc_now
from contacts_pipeline.plan.files import PlanHeader, read_rows
from contacts_pipeline.push.guard import only_pusher
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.report import LocationReport, Status
from contacts_pipeline.push.row import RowPush
from contacts_pipeline.push.stop import StopSignal
from contacts_pipeline.push.wire import Errand, Wire

MOST_ROWS_IN_FLIGHT = 16
_LOG = logging.getLogger(__name__)
NO_FAULT = frozenset({"daily_budget"})


@dataclass(frozen=True)
class LocationPush:
    """What to push to one location, and with what. ``token`` is None where there is none."""

    plan: PlanHeader
    rows: Path
    token: SecretStr | None
    token_env: str
    burst_limit: int
    interval_seconds: float


@dataclass(frozen=True)
class Surroundings:
    """What all locations of a push share."""

    run_id: str
    ledger: Ledger
    journal: Journal
    hash_key: bytes
    locks: Path
    force: bool
    settle_seconds: float
    max_tries: int
    connect: Callable[[str, SecretStr, Callable[[Any], None]], CrmClient]
    progress: Callable[[str, int, int], None]


async def push_location(
    push: LocationPush, around: Surroundings, stop: StopSignal
) -> LocationReport:
    """Push one location; its failure is its own, and is in the report instead of raised."""
    started_at = utc_now()
    try:
        report = await _guarded(push, around, stop)
    except Exception:  # noqa: BLE001 - whatever it is, the other locations go on
        _LOG.exception("location %s: the push ended in an error", push.plan.location_id)
        told = f"location {push.plan.location_id}: an error of contacts-pipeline; see the log"
        done = around.ledger.outcomes(push.plan.location_id, around.run_id)
        report = LocationReport.failed_in_error(push.plan.counts, done, told)
    around.ledger.record_push(
        push.plan.location_id,
        around.run_id,
        plan_id=push.plan.plan_id,
        started_at=started_at,
        status=report.status,
        reason=report.reason,
        report=report.model_dump(),
    )
    return report


async def _guarded(push: LocationPush, around: Surroundings, stop: StopSignal) -> LocationReport:
    plan = push.plan
    if plan.reason is not None and not around.force:
        return LocationReport.held_back(
            plan.counts, plan.reason, plan.told or "", plan.requests_made
        )
    with only_pusher(around.locks, plan.crm, plan.location_id) as alone:
        if not alone:
            told = f"location {plan.location_id}: another push of it is running; wait for its end"
            return LocationReport.held_back(plan.counts, "already_running", told)
        nothing_to_send = plan.counts.create + plan.counts.update == 0
        if not nothing_to_send and not around.ledger.begin_plan(
            plan.location_id, plan.plan_id, plan.ledger_version
        ):
            told = (
                f"location {plan.location_id}: another plan has written since this one was made; "
                "materialise upsert_plan again"
            )
            return LocationReport.held_back(plan.counts, "plan_stale", told)
        return await _push_rows(push, around, stop)


async def _push_rows(push: LocationPush, around: Surroundings, stop: StopSignal) -> LocationReport:
    plan, started = push.plan, perf_counter()
    done = around.ledger.acknowledged(plan.location_id, plan.plan_id)
    wire: Wire | None = None
    requests = plan.requests_made
    if push.token is None:
        stop.set(
            "token_missing",
            f"location {plan.location_id}: {push.token_env} is not set; export it or put it in "
            ".env",
        )
    elif plan.counts.create + plan.counts.update > len(done):
        pace = Pace(stop, push.burst_limit, push.interval_seconds)
        async with around.connect(plan.location_id, push.token, pace.observe) as client:
            wire = Wire(
                Errand(
                    plan.crm,
                    plan.location_id,
                    around.run_id,
                    plan.plan_id,
                    around.hash_key,
                    scored=plan.scored,
                ),
                client,
                pace,
                stop,
                around.journal,
                first_number=around.ledger.next_number(plan.location_id, around.run_id),
                settle_seconds=around.settle_seconds,
                max_tries=around.max_tries,
            )
            rows = (
                row
                for row in read_rows(push.rows, "create", "update")
                if row["identity"] not in done
            )
            planned = plan.counts.create + plan.counts.update - len(done)
            sent = itertools.count(1)
            await _send_all(
                rows, wire, stop, lambda: around.progress(plan.location_id, next(sent), planned)
            )
            requests += client.requests
    meter = wire.meter if wire else None
    fault = stop.reason if stop.reason not in NO_FAULT else None
    status: Status = "failed" if fault else "ok"
    return LocationReport.of_outcomes(
        plan.counts,
        around.ledger.outcomes(plan.location_id, around.run_id),
        len(done),
        status=status,
        reason=fault,
        told=_told(plan, stop) if fault else None,
        deferred_because=stop.reason if stop.reason in NO_FAULT else None,
        requests=requests,
        retries=meter.retries if meter else 0,
        rate_limited=meter.rate_limited if meter else 0,
        seconds=round(perf_counter() - started, 3),
    )


async def _send_all(
    rows: Iterator[Mapping[str, Any]], wire: Wire, stop: StopSignal, done: Callable[[], None]
) -> None:
    free = asyncio.Semaphore(MOST_ROWS_IN_FLIGHT)

    async def send(row: Mapping[str, Any]) -> None:
        try:
            await RowPush(wire, row).run()
        finally:
            free.release()
            done()

    async with asyncio.TaskGroup() as group:
        for row in rows:
            await free.acquire()
            if stop.is_set:
                return
            group.create_task(send(row))


def _told(plan: PlanHeader, stop: StopSignal) -> str:
    remedies = {
        "token_refused": "give the location a token with contacts.write, then push again",
        "crm_unreachable": "check crm.base_url and the network, then push again",
        "crm_unstable": "the CRM answers with errors; push again later",
        "api_version_refused": "update contacts-pipeline",
        "interrupted": "push again to go on where it stopped",
    }
    what = f"{stop.told}; " if stop.told else ""
    remedy = remedies.get(stop.reason or "", "")
    return f"location {plan.location_id}: {what}{remedy}".rstrip("; ")
