"""A location's plan on disk: the rows as Parquet, and a header in the file's own metadata."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.snapshots import file_name

HEADER_KEY = "contacts_pipeline.plan"
_BATCH_ROWS = 4_096


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


class PlanHeader(BaseModel):
    """What a plan is, without its rows.

    ``reason`` is the breaker that holds the location, null if none; ``seconds_estimated`` is the
    time that ``requests`` take under the location's limits.
    """

    model_config = ConfigDict(frozen=True)

    plan_id: str
    run_id: str
    crm: str
    location_id: str
    ledger_version: int
    made_at: datetime
    scored: bool
    reason: str | None
    told: str | None
    counts: PlanCounts
    requests: int
    seconds_estimated: float
    requests_made: int
    data_version: str


def plan_path(folder: Path, crm: str, location_id: str) -> Path:
    """Where the plan of a location of ``crm`` is kept."""
    return folder / "upsert_plan" / file_name(crm) / f"{file_name(location_id)}.parquet"


def read_header(path: Path, location_id: str) -> PlanHeader:
    """The header of the plan at ``path``."""
    try:
        stored = pq.read_metadata(path).metadata
    except FileNotFoundError:
        raise PlanError(
            f"location {location_id}: it has no plan; materialise upsert_plan for it first"
        ) from None
    return PlanHeader.model_validate_json(stored[HEADER_KEY.encode()])


def read_rows(path: Path, *actions: str) -> Iterator[dict[str, Any]]:
    """The plan's rows in the order of sending, as ``upsert_plan.sql`` describes them."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for row in batch.to_pylist():
                if not actions or row["action"] in actions:
                    yield row


def header_json(header: PlanHeader) -> str:
    """The header as the file's metadata holds it."""
    return json.dumps(header.model_dump(mode="json"))
