"""What a location's push came to: the document of ``push --json``, a location."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from contacts_pipeline.ledger import OutcomeCount
from contacts_pipeline.plan.files import PlanCounts
from contacts_pipeline.spent import Spent

Status = Literal["ok", "failed", "held"]
NO_FAULT = frozenset({"daily_budget", "quiet_hours"})
"""Reasons for which what is left only waits, and nothing has failed."""


class Predictions(BaseModel):
    """How often the plan said beforehand what the CRM then did."""

    model_config = ConfigDict(frozen=True)

    made: int = 0
    right: int = 0


class Converged(BaseModel):
    """How many of the contacts that a run wrote were read back, and hold what was sent."""

    model_config = ConfigDict(frozen=True)

    checked: int = 0
    equal: int = 0
    differs: int = 0


class LocationReport(BaseModel):
    """Counts of one location in one run.

    ``extracted``, ``rejected`` and ``merged`` are source rows, the rest of the sum identities, each
    once: ``extracted = rejected + merged + unchanged + held + deferred + created + updated +
    refused + failed + unknown``. ``requests`` are those put on the wire; of them
    ``upsert_requests`` create and update contacts, ``tag_requests`` add tags, ``lookup_requests``
    ask what became of a request, and the rest reads for plan and proof.
    ``upserts_per_changed_contact`` is 1.000 where none was repeated or in vain, and null where
    none changed a contact; contacts that only got tags count in neither. ``seconds`` is wall time,
    ``latency_*`` milliseconds from a request's send to its answer. ``told`` says what happened and
    what to do, where ``reason`` is not null; ``refresh`` is the id of the ``unique_contacts`` that
    was planned.
    """

    model_config = ConfigDict(frozen=True)

    status: Status
    reason: str | None = None
    extracted: int = 0
    rejected: int = 0
    merged: int = 0
    unchanged: int = 0
    held: int = 0
    deferred: int = 0
    created: int = 0
    updated: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    upsert_requests: int = 0
    tag_requests: int = 0
    lookup_requests: int = 0
    upserts_per_changed_contact: float | None = None
    seconds: float = 0.0
    latency_p50_ms: float = 0.0
    latency_p95_ms: float = 0.0
    latency_max_ms: float = 0.0
    predictions: Predictions = Predictions()
    converged: Converged | None = None
    told: str | None = None
    deferred_because: str | None = None
    refresh: str | None = None

    @property
    def ran_to_its_end(self) -> bool:
        """Whether nothing stopped the push: no error, no signal, no quiet hour, no spent day."""
        return self.status == "ok" and self.deferred_because is None

    @property
    def conserved(self) -> bool:
        """Whether every row extracted is accounted for once."""
        return self.extracted == (
            self.rejected
            + self.merged
            + self.unchanged
            + self.held
            + self.deferred
            + self.created
            + self.updated
            + self.refused
            + self.failed
            + self.unknown
        )

    def after(self, spent: Spent) -> Self:
        """The report with what was asked besides the push."""
        sums = asdict(Spent(self.requests, self.retries, self.rate_limited) + spent)
        return self.model_copy(update=sums)

    def deferred_if_no_fault(self) -> Self:
        """The report of a push; where its plan could only wait, so does all of it."""
        if self.reason not in NO_FAULT:
            return self
        why = {"status": "ok", "reason": None, "told": None, "deferred_because": self.reason}
        return self.model_copy(update=why)

    @classmethod
    def held_back(cls, counts: PlanCounts, reason: str, told: str) -> Self:
        """A location for which nothing was sent: all that was planned is held."""
        held = counts.all_held()
        return cls(
            status="held",
            reason=reason,
            told=told,
            **held.model_dump(exclude={"create", "update"}),
        )

    @classmethod
    def of_outcomes(
        cls,
        counts: PlanCounts,
        outcomes: Sequence[OutcomeCount],
        earlier: int,
        **facts: Any,
    ) -> Self:
        """The report by what the ledger holds; what has no outcome was deferred.

        ``earlier``: how many of the plan's identities earlier runs brought to the CRM, which are
        now unchanged.
        """
        states = Counter[str]()
        for one in outcomes:
            states[one.outcome] += one.identities
        planned = counts.create + counts.update
        sums = counts.model_dump(include={"extracted", "rejected", "merged", "held"})
        return cls(
            **sums,
            unchanged=counts.unchanged + earlier,
            deferred=counts.deferred + planned - earlier - states.total(),
            created=states["created"],
            updated=states["updated"],
            refused=states["refused"],
            failed=states["failed"],
            unknown=states["unknown"],
            predictions=score(outcomes),
            **facts,
        )


def quantiles(latencies: Sequence[float]) -> dict[str, float]:
    """The report's ``latency_*`` of ``latencies`` in seconds."""
    if not latencies:
        return {}
    p50, p95, most = np.percentile(latencies, [50, 95, 100]) * 1000
    return {
        "latency_p50_ms": round(float(p50), 1),
        "latency_p95_ms": round(float(p95), 1),
        "latency_max_ms": round(float(most), 1),
    }


def score(outcomes: Iterable[OutcomeCount]) -> Predictions:
    """Rows sent with a prediction and answered, and how many came as predicted.

    Right is the same verdict and, for updates, the same contact id; inferred rows don't count.
    """
    made = right = 0
    for one in outcomes:
        if one.predicted is None or one.inferred or one.outcome not in {"created", "updated"}:
            continue
        made += one.identities
        if one.predicted == "create":
            right += one.identities * (one.outcome == "created")
        else:
            right += one.identities * (one.outcome == "updated" and one.same_contact)
    return Predictions(made=made, right=right)
