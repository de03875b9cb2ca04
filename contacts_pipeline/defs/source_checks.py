"""The checks of what all locations share: the source, its rows, and how long each location waits.

None of them blocks: what a location's data does to it is its own breaker's to judge.
"""

from collections.abc import Mapping

import dagster as dg
import pandas as pd

from contacts_pipeline import steps
from contacts_pipeline.defs.metadata import table
from contacts_pipeline.settings import Checks
from contacts_pipeline.warehouse import Extraction

MOST_SHOWN = 50

SAME_COLUMNS = dg.AssetCheckSpec(
    "source_columns_same",
    asset="warehouse_contacts",
    description=(
        "The source has the columns and types of the read before. If it fails, see 'changes': a "
        "new column may be worth mapping in contacts.fields, of a changed type look at what "
        "valid_contacts now rejects. It passes again at the next read."
    ),
)
ROWS_KEPT = dg.AssetCheckSpec(
    "rows_kept",
    asset="warehouse_contacts",
    description=(
        "The source has not shrunk by more than checks.max_drop_share since the read before. If it "
        "fails, ask whether its load was complete, and read again. Locations that lost more than "
        "their max_shrink_share are held. It passes again at the next read."
    ),
)
FEW_REJECTED = dg.AssetCheckSpec(
    "few_rejected",
    asset="valid_contacts",
    description=(
        "No more than checks.max_reject_share of all rows are rejected. If it fails, see the worst "
        "locations here and 'codes' and 'rejected_rows' of the asset: mend the rows in the "
        "warehouse, or the mapping in contacts.fields."
    ),
)
NO_LOCATION_STALE = dg.AssetCheckSpec(
    "no_location_stale",
    asset="crm_locations",
    description=(
        "Every enabled location was pushed to its end within checks.stale_hours, or is new. If "
        "it fails, 'told' says what each needs; where it says nothing, see whether the sensor "
        "'locations' runs. Without the section 'automation' nothing is due, and it passes."
    ),
)


def source_results(extraction: Extraction, limits: Checks) -> list[dg.AssetCheckResult]:
    """Whether the source looks as it did at the read before."""
    before = extraction.before
    changes = _changed_columns(before.columns, extraction.columns) if before else []
    missing = max(before.rows - extraction.rows, 0) if before else 0
    share = missing / before.rows if before and before.rows else 0.0
    return [
        dg.AssetCheckResult(
            check_name=SAME_COLUMNS.name,
            passed=not changes,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "changed": len(changes),
                "changes": table(pd.DataFrame(changes, columns=["column", "before", "now"])),
            },
        ),
        dg.AssetCheckResult(
            check_name=ROWS_KEPT.name,
            passed=share <= limits.max_drop_share,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "rows": extraction.rows,
                "rows_before": before.rows if before else None,
                "drop_share": share,
                "max_drop_share": limits.max_drop_share,
            },
        ),
    ]


def rejected_result(rows: list[steps.RejectedShare], limits: Checks) -> dg.AssetCheckResult:
    """Whether few rows are rejected, with the worst locations."""
    extracted = sum(row.extracted for row in rows)
    share = sum(row.rejected for row in rows) / extracted if extracted else 0.0
    worst = pd.DataFrame(rows[:MOST_SHOWN], columns=["location", "extracted", "rejected", "share"])
    return dg.AssetCheckResult(
        check_name=FEW_REJECTED.name,
        passed=share <= limits.max_reject_share,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "share": share,
            "max_reject_share": limits.max_reject_share,
            "locations": table(worst),
        },
    )


def staleness_result(
    standings: list[steps.Standing], limits: Checks, *, runs_by_itself: bool
) -> dg.AssetCheckResult:
    """Whether every location is pushed as often as it should, with those that wait or are held."""
    stale = [one for one in standings if (one.hours or 0.0) > limits.stale_hours]
    shown = [one for one in standings if one in stale or one.status not in {None, "ok"}]
    columns = ["location", "hours", "status", "reason", "told"]
    return dg.AssetCheckResult(
        check_name=NO_LOCATION_STALE.name,
        passed=not stale or not runs_by_itself,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "stale": len(stale),
            "stale_hours": limits.stale_hours,
            "never_pushed": sum(one.status is None for one in standings),
            "locations": table(pd.DataFrame(shown[:MOST_SHOWN], columns=columns).round(1)),
        },
    )


def _changed_columns(before: Mapping[str, str], now: Mapping[str, str]) -> list[dict[str, str]]:
    names = dict.fromkeys([*before, *now])
    return [
        {"column": name, "before": before.get(name, "none"), "now": now.get(name, "none")}
        for name in names
        if before.get(name) != now.get(name)
    ]
