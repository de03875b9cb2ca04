"""What is checked of every push: that no row vanished, and that the CRM holds what was sent."""

from collections.abc import Collection, Iterator

import dagster as dg
import pandas as pd

from contacts_pipeline import steps
from contacts_pipeline.defs.keys import OUTCOMES
from contacts_pipeline.defs.metadata import table

CONSERVATION = dg.AssetCheckSpec(
    "nothing_vanished",
    asset=OUTCOMES,
    description=(
        "extracted = rejected + merged + unchanged + held + deferred + created + updated + refused "
        "+ failed + unknown, for every location, by the push's report and by the table it left. "
        "If it fails, a row has two fates or none: compare the location's table with its plan."
    ),
)

CONVERGENCE = dg.AssetCheckSpec(
    "converged",
    asset=OUTCOMES,
    description=(
        "What the run wrote, or a sample of it, is read from the CRM again and holds what was "
        "sent; proof.sample in contacts.yaml says how much. If it fails, somebody or something "
        "else writes to these contacts, or the CRM dropped a field: see 'fields', then explain one."
    ),
)
CHECKS = [CONSERVATION, CONVERGENCE]
_CONSERVED = (
    "extracted",
    "rejected",
    "merged",
    "unchanged",
    "held",
    "deferred",
    "created",
    "updated",
    "refused",
    "failed",
    "unknown",
)


def check_results(
    proven: dict[str, steps.Proven], selected: Collection[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """The results of those that were selected, over all locations of the run."""
    for key, check in ((CONSERVATION.key, _conservation), (CONVERGENCE.key, _convergence)):
        if key in selected:
            yield check(proven)


def _conservation(proven: dict[str, steps.Proven]) -> dg.AssetCheckResult:
    wrong = [
        location for location, one in proven.items() if not one.recount.agrees_with(one.report)
    ]
    rows = [
        {"location": location, "conserved": location not in wrong}
        | one.report.model_dump(include=set(_CONSERVED))
        for location, one in proven.items()
    ]
    return dg.AssetCheckResult(
        check_name=CONSERVATION.name,
        asset_key=OUTCOMES,
        passed=not wrong,
        metadata={
            "locations": table(pd.DataFrame(rows, columns=["location", "conserved", *_CONSERVED]))
        },
    )


def _convergence(proven: dict[str, steps.Proven]) -> dg.AssetCheckResult:
    rows = []
    for location, one in proven.items():
        if (found := one.read_back) is not None:
            fields = ", ".join(f"{field} {n}" for field, n in sorted(found.fields.items()))
            row = {"location": location, **found.converged.model_dump(), "fields": fields}
            rows.append(row | {"error": found.error})
    columns = ["location", "checked", "equal", "differs", "fields", "error"]
    sums = {name: sum(row[name] for row in rows) for name in ("checked", "equal", "differs")}
    return dg.AssetCheckResult(
        check_name=CONVERGENCE.name,
        asset_key=OUTCOMES,
        passed=not sums["differs"] and not any(row["error"] for row in rows),
        severity=dg.AssetCheckSeverity.WARN,
        metadata=sums | {"locations": table(pd.DataFrame(rows, columns=columns))},
    )
