"""Plans many locations in one pass of DuckDB: identities and the CRM in, what to send out."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.engine import define, engine, scan
from contacts_pipeline.keyed_hash import define_keyed_hash
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan.breakers import tripped
from contacts_pipeline.plan.files import HEADER_KEY, PlanCounts, PlanHeader, header_json, plan_path
from contacts_pipeline.plan.inputs import CRM_CONTACTS
from contacts_pipeline.settings import Policy
from contacts_pipeline.snapshots import replacing

PACKAGE = "contacts_pipeline.plan"
RELATIONS = (
    "known_contacts",
    "unsettled",
    "contact_holdings",
    "claims",
    "own_contacts",
    "phone_owners",
    "withheld_values",
    "contact_fields",
    "decisions",
    "plan_warnings",
    "upsert_plan",
    "plan_counts",
)


@dataclass(frozen=True)
class PlannedLocation:
    """What planning needs to know of a location beyond its contacts.

    ``custom_fields`` maps a key to its id; ``crm_contacts`` is a list of what the CRM holds, which
    ``requests_made`` were spent on if it is fresh; ``scored`` if the plan predicts.
    """

    location_id: str
    match: str
    burst_limit: int
    interval_ms: int
    max_reject_share: float
    max_create_share: float
    custom_fields: Mapping[str, str]
    crm_contacts: Path | None = None
    is_fresh: bool = False
    requests_made: int = 0
    scored: bool = True


@dataclass(frozen=True)
class Sources:
    """The snapshots that a plan is made from, and where it goes."""

    valid_contacts: Path
    unique_contacts: Path
    snapshots: Path
    scratch: Path


def plan_locations(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    ledger: Ledger,
    policy: Policy,
    *,
    run_id: str,
    hash_key: bytes,
) -> dict[str, PlanHeader]:
    """Write the plan of each location and return the headers, by location id."""
    ids = [location.location_id for location in locations]
    versions = {location_id: ledger.version(location_id)[0] for location_id in ids}
    with engine(sources.scratch) as con:
        define_keyed_hash(con, hash_key)
        scan(con, "all_unique_contacts", sources.unique_contacts)
        scan(con, "valid_contacts", sources.valid_contacts)
        _register(con, locations, policy)
        _register_crm(con, ledger, ids, [one.crm_contacts for one in locations if one.crm_contacts])
        for name in RELATIONS:
            define(con, PACKAGE, name, "table")
        facts = {
            row["location_id"]: row
            for row in con.sql("from plan_counts").to_arrow_table().to_pylist()
        }
        headers = {}
        for location in locations:
            location_id = location.location_id
            header = _header(
                location, facts[location_id], versions[location_id], ledger.crm, run_id
            )
            _save(con, header, plan_path(sources.snapshots, ledger.crm, location_id))
            headers[location_id] = header
    return headers


def _register(
    con: duckdb.DuckDBPyConnection, locations: Sequence[PlannedLocation], policy: Policy
) -> None:
    con.register(
        "locations",
        pa.table(
            {
                "location_id": [location.location_id for location in locations],
                "match": [location.match for location in locations],
                "read_in_this_run": [location.is_fresh for location in locations],
            },
        ),
    )
    con.register(
        "custom_field_definitions",
        pa.Table.from_pylist(
            [
                {"location_id": location.location_id, "key": key, "id": field_id}
                for location in locations
                for key, field_id in location.custom_fields.items()
            ],
            schema=pa.schema([(name, pa.string()) for name in ("location_id", "key", "id")]),
        ),
    )
    row: dict[str, Any] = policy.model_dump()
    con.register(
        "policy",
        pa.Table.from_pylist(
            [row | {"clear": list(policy.clear)}],
            schema=pa.schema(
                [(name, pa.string()) for name in row if name != "clear"]
                + [("clear", pa.list_(pa.string()))]
            ),
        ),
    )
    con.execute(
        "create temp view unique_contacts as "
        "from all_unique_contacts semi join locations using (location_id)"
    )


def _register_crm(
    con: duckdb.DuckDBPyConnection,
    ledger: Ledger,
    location_ids: Sequence[str],
    lists: Sequence[Path],
) -> None:
    con.register("acknowledged_contacts", ledger.known_contacts(location_ids))
    con.register("unsettled_requests", ledger.unsettled(location_ids))
    if lists:
        con.register("crm_contacts", con.read_parquet([str(path) for path in lists]))
    else:
        con.register("crm_contacts", CRM_CONTACTS.empty_table())


def _header(
    location: PlannedLocation, facts: Mapping[str, Any], version: int, crm: str, run_id: str
) -> PlanHeader:
    counts = PlanCounts(**{name: facts[name] for name in PlanCounts.model_fields if name in facts})
    reason, told = tripped(location, counts)
    seconds = facts["requests"] * location.interval_ms / 1000 / location.burst_limit
    return PlanHeader(
        plan_id=secrets.token_hex(8),
        run_id=run_id,
        crm=crm,
        location_id=location.location_id,
        ledger_version=version,
        made_at=datetime.now(UTC),
        scored=location.scored,
        reason=reason,
        told=told,
        counts=counts,
        requests=facts["requests"],
        seconds_estimated=round(seconds, 1),
        requests_made=location.requests_made,
        data_version=facts["data_version"],
    )


def _save(con: duckdb.DuckDBPyConnection, header: PlanHeader, path: Path) -> None:
    rows = con.sql(
        "select * from upsert_plan where location_id = ? order by position",
        params=[header.location_id],
    ).to_arrow_reader()
    schema = rows.schema.with_metadata({HEADER_KEY: header_json(header)})
    with replacing(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)
