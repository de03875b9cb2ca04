"""When a location is planned and pushed by itself.

A dry run never leads to a push: push and outcomes are requested together with a plan that
automation requests in the same tick, never because a plan was made, nor because one failed.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

import dagster as dg
from dagster import AutomationCondition as When

from contacts_pipeline import steps
from contacts_pipeline.defs.keys import CRM, PLAN, UPSERTS
from contacts_pipeline.settings import Automation
from contacts_pipeline.workspace import Workspace

_PUSHED_SINCE = "handled"  # Dagster's label of what resets eager()


def condition_of(key: dg.AssetKey, automation: Automation) -> "When[Any] | None":
    """The condition of one of the three partitioned assets."""
    if key == PLAN:
        return _refreshed_or_due(automation)
    return When.any_deps_match(When.will_be_requested()) if automation.push else None


class LocationsThat(When[dg.AssetKey]):
    """Locations by what they need now; asked of registry, clock and ledger at every tick."""

    def __init__(self, are: Literal["sendable", "held", "unfinished", "behind"]) -> None:
        self._are = are

    @property
    def name(self) -> str:
        """As the UI shows it."""
        return self._are

    @property
    def description(self) -> str:
        """As the UI explains it."""
        return {
            "sendable": "enabled in the registry, not in its quiet hours, and not being pushed",
            "held": "held by a breaker",
            "unfinished": "its last push left rows to a later one",
            "behind": "contacts were refreshed after its last push, or plan alone, was planned",
        }[self._are]

    def evaluate(
        self, context: dg.AutomationContext[dg.AssetKey]
    ) -> dg.AutomationResult[dg.AssetKey]:
        """Those of the candidates that are so."""
        wanted = getattr(_attention(context.evaluation_time), self._are)
        candidates = context.candidate_subset.expensively_compute_partition_keys()
        partitions = context.partitions_def
        if partitions is None:
            return dg.AutomationResult(context, context.get_empty_subset())
        chosen = context.asset_graph_view.get_subset_from_partition_keys(
            context.key, partitions, candidates & wanted
        )
        return dg.AutomationResult(context, chosen)


@lru_cache(1)
def _attention(_tick: datetime) -> steps.Attention:
    """Asked once a tick, whatever asks for it."""
    return steps.attention(Workspace.from_environment())


def _refreshed_or_due(automation: Automation) -> "When[Any]":
    # A plan alone, the dry run, must not count as the push that a refresh asks for; nor may one
    # that failed be tried again as a push.
    aim = UPSERTS if automation.push else PLAN
    push_ended: When[Any] = When.asset_matches(UPSERTS, When.newly_updated())
    pushed = (When.newly_requested() | push_ended | When.initial_evaluation()).with_label("pushed")
    read_meanwhile = dg.AssetSelection.assets(CRM)
    eager = When.eager().ignore(read_meanwhile).replace(_PUSHED_SINCE, pushed)
    refreshed = eager.with_label("refreshed")
    # A request, and the end of a push, make a refresh forgotten that came right before.
    ended: When[Any] = push_ended if automation.push else When.newly_updated()
    ended_behind = ended & LocationsThat("behind")
    missed = ended_behind | ended_behind.since(When.newly_requested())
    failed: When[Any] = When.asset_matches(aim, When.execution_failed())
    tick: When[Any] = When.cron_tick_passed(automation.retry, automation.timezone)
    due = ((failed & ~LocationsThat("held")) | LocationsThat("unfinished")) & tick.since(pushed)
    return (
        (refreshed | missed.with_label("refreshed meanwhile") | due.with_label("due"))
        & When.all_deps_blocking_checks_passed()
        & ~When.in_progress()
        & LocationsThat("sendable")
    )
