"""The rows of a location's push, made from its outcomes, its judged rows and the ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import engine, relation_sql, scan
from contacts_pipeline.masking import mask
from contacts_pipeline.push import LocationReport
from contacts_pipeline.snapshots import unchanging
from contacts_pipeline.warehouse import Replacement
from contacts_pipeline.write_back.tables import COUNTS, TABLES

PACKAGE = "contacts_pipeline.write_back"


@dataclass(frozen=True)
class PushedPlan:
    """A push whose outcomes are on disk; times are UTC, naive."""

    run_id: str
    crm: str
    location_id: str
    plan_id: str
    started_at: datetime
    finished_at: datetime
    report: LocationReport
    outcomes: Path
    ledger_version: int

    @property
    def of_location(self) -> dict[str, str]:
        """What every row of the location has."""
        return {"location_id": self.location_id, "crm": self.crm}

    @property
    def of_run(self) -> dict[str, str]:
        """What every row of the push has."""
        return self.of_location | {"run_id": self.run_id}


def replacements(
    push: PushedPlan, valid_contacts: Path, known_contacts: pa.Table | None, scratch: Path
) -> list[Replacement]:
    """The rows to write for one push; the ids stay as they are where none are given."""
    with (
        unchanging(push.outcomes, valid_contacts) as (outcomes, judged),
        engine(scratch) as con,
    ):
        scan(con, "upsert_outcomes", outcomes)
        scan(con, "valid_contacts", judged)
        con.create_function("masked", mask, ["varchar"], "varchar")
        found = [
            Replacement("outcomes", _rows(con, "outcomes", "outcome_rows", push), push.of_run),
            Replacement("conflicts", _rows(con, "conflicts", "conflict_rows", push), push.of_run),
            Replacement(
                "rejections", _rows(con, "rejections", "rejection_rows", push), push.of_run
            ),
        ]
        if known_contacts is not None:
            con.register("known_contacts", known_contacts)
            ids = _rows(con, "contact_ids", "contact_id_rows", push)
            found.append(Replacement("contact_ids", ids, push.of_location))
    return [*found, Replacement("pushes", _push_row(push), push.of_run)]


def _rows(con: duckdb.DuckDBPyConnection, table: str, relation: str, push: PushedPlan) -> pa.Table:
    con.execute(
        "create or replace temp table push as "
        "select $run_id as run_id, $crm as crm, $location_id as location_id",
        push.of_run,
    )
    columns = TABLES[table]
    query = f"from ({relation_sql(PACKAGE, relation)}) cross join push"
    return con.sql(query).select(*columns.names).to_arrow_table().cast(columns)


def _push_row(push: PushedPlan) -> pa.Table:
    row = push.of_run | {
        "plan_id": push.plan_id,
        "started_at": push.started_at.replace(tzinfo=UTC),
        "finished_at": push.finished_at.replace(tzinfo=UTC),
        "status": push.report.status,
        "reason": push.report.reason,
        "ledger_version": push.ledger_version,
    }
    counts = push.report.model_dump(include=set(COUNTS))
    return pa.Table.from_pylist([row | counts], schema=TABLES["pushes"])
