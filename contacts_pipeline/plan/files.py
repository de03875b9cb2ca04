"""A location's plans on disk, a file each: rows as Parquet, a header in the file's own metadata.

A plan is never written over: a push and its proof read the very file that they were given.
"""

import json
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Self

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.snapshots import file_name, replacing
from contacts_pipeline.spent import NOTHING, Spent

HEADER_KEY = "contacts_pipeline.plan"
SPARE_PLANS = 4
"""The last so many of a location stay, whatever a clock says: somebody may be about to push one."""
_BATCH_ROWS = 256


class PlanError(PipelineError):
    """There is no plan to push."""

    code = "plan_missing"


class PlanCounts(BaseModel):
    """What becomes of a location's rows: source rows first, identities from ``unchanged`` on.

    ``extracted = rejected + merged + unchanged + held + deferred + create + update``.
    """

    model_config = ConfigDict(frozen=True)

    extracted: int = 0
    rejected: int = 0
    merged: int = 0
    unchanged: int = 0
    held: int = 0
    deferred: int = 0
    create: int = 0
    update: int = 0

    @property
    def conserved(self) -> bool:
        """Whether every row extracted is accounted for once."""
        parts: dict[str, int] = self.model_dump(exclude={"extracted"})
        return sum(parts.values()) == self.extracted

    def all_held(self) -> Self:
        """The counts of a location that sends nothing: all that was planned is held."""
        planned = self.create + self.update + self.deferred
        return self.model_copy(
            update={"held": self.held + planned, "create": 0, "update": 0, "deferred": 0}
        )


class DayBudget(BaseModel):
    """A location's day: what is left of it, and what has no room in it.

    ``left`` is what the CRM's headers or the ledger's count leave, ``reserve`` what stays for
    others; ``create`` and ``update`` are contacts that wait, ``requests`` what they will take.
    """

    model_config = ConfigDict(frozen=True)

    left: int
    known_from: Literal["headers", "ledger"]
    daily_limit: int
    reserve: int
    create: int = 0
    update: int = 0
    requests: int = 0


class PlanHeader(BaseModel):
    """What a plan is, without its rows.

    ``reason`` is the breaker that holds the location, null if none; ``seconds_estimated`` is the
    time that ``requests`` take under the location's limits; ``extracted_before`` the rows of the
    last plan whose size was taken as right; ``gone`` are contacts without a source row, which stay;
    ``refresh`` is the id of the ``unique_contacts`` that it was made from, or is the same for;
    ``ledger_version`` and ``ledger_changes`` say what it knew, the latter null if an older program
    made it; ``budget`` is null if it sends nothing; ``inputs`` is a digest of all that the rows
    come from.
    """

    model_config = ConfigDict(frozen=True)

    plan_id: str
    run_id: str
    crm: str
    location_id: str
    refresh: str | None = None
    ledger_version: int
    ledger_changes: int | None = None
    made_at: datetime
    scored: bool
    reason: str | None
    told: str | None
    counts: PlanCounts
    requests: int
    seconds_estimated: float
    spent: Spent = NOTHING
    data_version: str
    extracted_before: int | None = None
    gone: int = 0
    allows_duplicates: bool = False
    budget: DayBudget | None = None
    inputs: str | None = None


def plan_path(snapshots: Path, crm: str, location_id: str, plan_id: str) -> Path:
    """Where a plan of a location of ``crm`` is kept."""
    return _folder(snapshots, crm, location_id) / f"{plan_id}.parquet"


def plan_beside(plan: Path, plan_id: str) -> Path:
    """Where another plan of the same location is kept."""
    return plan.with_name(f"{plan_id}.parquet")


def newest_plan(snapshots: Path, crm: str, location_id: str) -> Path | None:
    """The plan that was made last for a location; None if there was none yet."""
    try:
        plan_id = _pointer(snapshots, crm, location_id).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return plan_path(snapshots, crm, location_id, plan_id)


def point_to_newest(snapshots: Path, header: PlanHeader) -> None:
    """Make the plan of ``header`` the one that is taken where none is named."""
    with replacing(_pointer(snapshots, header.crm, header.location_id)) as part:
        part.write_text(header.plan_id, encoding="ascii")


def forget_plans(
    snapshots: Path, crm: str, location_id: str, keep: Collection[str], older_than_seconds: float
) -> None:
    """Remove a location's plans of that age, but not the last few nor those in ``keep``."""
    newest = newest_plan(snapshots, crm, location_id)
    oldest = time.time() - older_than_seconds
    for written_at, path in _by_age(_folder(snapshots, crm, location_id))[:-SPARE_PLANS]:
        if path != newest and path.stem not in keep and written_at < oldest:
            path.unlink(missing_ok=True)


def read_header(path: Path | None, location_id: str) -> PlanHeader:
    """The header of the plan at ``path``."""
    try:
        stored = pq.read_metadata(path).metadata if path else None
    except FileNotFoundError:
        stored = None
    if stored is None:
        raise PlanError(
            f"location {location_id}: it has no plan; materialise upsert_plan for it first"
        )
    return PlanHeader.model_validate_json(stored[HEADER_KEY.encode()])


def read_rows(
    path: Path, *actions: str, columns: Sequence[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The plan's rows in the order of sending, as ``upsert_plan.sql`` describes them."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=columns):
            for row in batch.to_pylist():
                if not actions or row["action"] in actions:
                    yield row


def _by_age(folder: Path) -> list[tuple[float, Path]]:
    """The plans in a folder with the time of each, the oldest first."""
    found = []
    for path in folder.glob("*.parquet"):
        with suppress(FileNotFoundError):  # another process has removed it
            found.append((path.stat().st_mtime, path))
    return sorted(found)


def header_json(header: PlanHeader) -> str:
    """The header as the file's metadata holds it."""
    return json.dumps(header.model_dump(mode="json"))


def _folder(snapshots: Path, crm: str, location_id: str) -> Path:
    return snapshots / "upsert_plan" / file_name(crm) / file_name(location_id)


def _pointer(snapshots: Path, crm: str, location_id: str) -> Path:
    return _folder(snapshots, crm, location_id) / "newest"
