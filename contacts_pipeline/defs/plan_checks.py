"""The check of a run's plans: how many days each location's takes, a row a location."""

import math
from collections.abc import Collection, Iterator, Mapping

import dagster as dg
import pandas as pd

from contacts_pipeline.defs.keys import PLAN
from contacts_pipeline.defs.metadata import table
from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.settings import Checks

BUDGET = dg.AssetCheckSpec(
    "within_budget",
    asset=PLAN,
    description=(
        "No location's plan takes more days than checks.budget_days by its daily limit. If it "
        "fails, the rest waits for the next days by itself, new contacts first; to be faster, "
        "raise daily_limit if the CRM grants it, or lower daily_reserve."
    ),
)


def plan_results(
    plans: Mapping[str, PlanHeader], limits: Checks, selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """The result of the check if it was selected, over all locations of the run."""
    if BUDGET.key in selected:
        yield _budget(plans, limits)


def _budget(plans: Mapping[str, PlanHeader], limits: Checks) -> dg.AssetCheckResult:
    rows = [
        {
            "location": location,
            "days": _days(header),
            "requests_now": header.requests,
            "contacts_that_wait": header.counts.deferred,
            "left_today": header.budget.left if header.budget else None,
        }
        for location, header in plans.items()
    ]
    columns = ["location", "days", "requests_now", "contacts_that_wait", "left_today"]
    frame = pd.DataFrame(rows, columns=columns).astype({"left_today": "Int64"})
    most = max((_days(header) for header in plans.values()), default=0)
    return dg.AssetCheckResult(
        check_name=BUDGET.name,
        asset_key=PLAN,
        passed=most <= limits.budget_days,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "most_days": most,
            "budget_days": limits.budget_days,
            "locations": table(frame.sort_values("days", ascending=False, kind="stable")),
        },
    )


def _days(header: PlanHeader) -> int:
    """Days until all of the plan is sent: today, and as many as what waits takes."""
    today = 1 if header.requests else 0
    if header.budget is None or not header.budget.requests:
        return today
    a_day = max(header.budget.daily_limit - header.budget.reserve, 1)
    return 1 + math.ceil(header.budget.requests / a_day)
