"""What became of every identity of a plan, as a table, and the proof that none vanished."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, save, scan
from contacts_pipeline.ledger import Ledger, acknowledged_identities
from contacts_pipeline.plan.files import PlanHeader
from contacts_pipeline.push.report import LocationReport

PACKAGE = "contacts_pipeline.push"
STATES = ("unchanged", "held", "deferred", "created", "updated", "refused", "failed", "unknown")
_OUTCOMES = pa.schema(
    [
        ("identity", pa.string()),
        ("outcome", pa.string()),
        ("code", pa.string()),
        ("contact_id", pa.string()),
        ("predicted", pa.string()),
        ("predicted_contact_id", pa.string()),
        ("inferred", pa.bool_()),
        ("tries", pa.int64()),
        ("warnings", pa.string()),
    ]
)


@dataclass(frozen=True)
class Recount:
    """Identities by state and by code, counted from the table instead of the push's report.

    ``fates`` are state, code and identities, most first.
    """

    fates: Sequence[tuple[str, str | None, int]]

    @property
    def states(self) -> Mapping[str, int]:
        """Identities by state."""
        counts: Counter[str] = Counter()
        for state, _, identities in self.fates:
            counts[state] += identities
        return counts

    @property
    def codes(self) -> Mapping[str, int]:
        """Identities by code, most first, those that have none left out."""
        counts: Counter[str] = Counter()
        for _, code, identities in self.fates:
            if code is not None:
                counts[code] += identities
        return dict(counts.most_common())

    def agrees_with(self, report: LocationReport) -> bool:
        """Whether report and table say the same, and every row extracted is in it once."""
        counted = report.model_dump(include=set(STATES))
        recounted = {state: self.states.get(state, 0) for state in STATES}
        return report.conserved and recounted == counted


def write_outcomes(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    plan: PlanHeader,
    rows: Path,
    *,
    report: LocationReport,
    run_id: str,
    path: Path,
) -> Recount:
    """Write ``upsert_outcomes`` of a location and count it again.

    ``con`` is an engine that other locations use before and after.
    """
    outcomes = ledger.outcomes(plan.location_id, run_id, plan.plan_id)
    acknowledged = acknowledged_identities(ledger, plan.location_id, plan.plan_id)
    scan(con, "plan", rows)
    con.register("outcomes", pa.Table.from_pylist(outcomes, schema=_OUTCOMES))
    con.register(
        "acknowledged", pa.table({"identity": pa.array(sorted(acknowledged), pa.string())})
    )
    con.register(
        "push",
        pa.Table.from_pylist(
            [
                {
                    "run_id": run_id,
                    "status": report.status,
                    "reason": report.reason,
                    "deferred_because": report.deferred_because,
                }
            ],
            schema=pa.schema(
                [(n, pa.string()) for n in ("run_id", "status", "reason", "deferred_because")]
            ),
        ),
    )
    define(con, PACKAGE, "upsert_outcomes", "table")
    save(con, "from upsert_outcomes order by identity", path)
    fates = con.execute(
        "select state, code, count(*) from upsert_outcomes group by all order by 3 desc, 1, 2"
    ).fetchall()
    return Recount(fates)
