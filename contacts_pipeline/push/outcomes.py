"""What became of every identity of a plan, as a table, and the proof that none vanished."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.engine import ROWS_A_BATCH, by_location, define
from contacts_pipeline.ledger import Ledger, read_outcomes
from contacts_pipeline.push.report import LocationReport
from contacts_pipeline.snapshots import replacing

PACKAGE = "contacts_pipeline.push"
STATES = ("unchanged", "held", "deferred", "created", "updated", "refused", "failed", "unknown")
_PUSHES = pa.schema(
    [
        (name, pa.string())
        for name in ("location_id", "run_id", "status", "reason", "deferred_because")
    ]
)


@dataclass(frozen=True)
class EndedPush:
    """A push that has ended: its plan's rows on disk, and where its outcomes are to be written."""

    location_id: str
    plan_id: str
    plan: Path
    run_id: str
    report: LocationReport
    path: Path


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
    con: duckdb.DuckDBPyConnection, ledger: Ledger, pushes: Sequence[EndedPush]
) -> dict[str, Recount]:
    """Write ``upsert_outcomes`` of each location in one pass, and count them again.

    ``con`` is an engine that others use before and after; ``pushes`` are one a location.
    """
    if not pushes:
        return {}
    con.register("plan", con.read_parquet([str(one.plan) for one in pushes], union_by_name=True))
    told = read_outcomes(ledger, {one.location_id: one.plan_id for one in pushes})
    con.register("outcomes_of_plans", told)
    con.register("pushes", pa.Table.from_pylist([_push_row(one) for one in pushes], _PUSHES))
    define(con, PACKAGE, "upsert_outcomes", "table")
    _save(con, {one.location_id: one.path for one in pushes})
    counted = con.execute(
        """
        select location_id, state, code, count(*)
        from upsert_outcomes
        group by all
        order by 4 desc, 2, 3
        """
    ).fetchall()
    fates: dict[str, list[tuple[str, str | None, int]]] = defaultdict(list)
    for location_id, *fate in counted:
        fates[location_id].append((fate[0], fate[1], fate[2]))
    return {one.location_id: Recount(fates[one.location_id]) for one in pushes}


def _push_row(push: EndedPush) -> dict[str, str | None]:
    return {
        "location_id": push.location_id,
        "run_id": push.run_id,
        "status": push.report.status,
        "reason": push.report.reason,
        "deferred_because": push.report.deferred_because,
    }


def _save(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path]) -> None:
    sorted_rows = con.sql("from upsert_outcomes order by location_id, identity")
    rows = sorted_rows.to_arrow_reader(ROWS_A_BATCH)
    unwritten = dict(paths)
    for location_id, parts in by_location(rows):
        with (
            replacing(unwritten.pop(location_id)) as part,
            pq.ParquetWriter(part, rows.schema, compression="zstd") as writer,
        ):
            for batch in parts:
                writer.write_batch(batch)
    for path in unwritten.values():
        with replacing(path) as part:
            pq.write_table(rows.schema.empty_table(), part)
