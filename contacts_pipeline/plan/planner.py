"""Plans many locations in one pass of DuckDB: identities and the CRM in, what to send out."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contacts_pipeline.engine import define, engine, scan
from contacts_pipeline.keyed_hash import define_keyed_hash
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan.breakers import tripped
from contacts_pipeline.plan.files import (
    HEADER_KEY,
    PlanCounts,
    PlanHeader,
    header_json,
    plan_path,
    point_to_newest,
)
from contacts_pipeline.plan.inputs import CRM_CONTACTS, LOCATIONS, read_listed_at
from contacts_pipeline.settings import Policy
from contacts_pipeline.snapshots import replacing

PACKAGE = "contacts_pipeline.plan"
RELATIONS: tuple[tuple[str, Literal["view", "table"]], ...] = (
    ("listed_contacts", "view"),
    ("known_contacts", "table"),
    ("unsettled", "table"),
    ("key_contacts", "table"),
    ("contact_holdings", "table"),
    ("claims", "table"),
    ("own_contacts", "table"),
    ("phone_owners", "table"),
    ("withheld_values", "table"),
    ("sendable_contacts", "view"),
    ("decisions", "table"),
    ("contact_fields", "table"),
    ("known_fields", "table"),
    ("field_changes", "table"),
    ("plan_warnings", "table"),
    ("upsert_plan", "table"),
    ("plan_counts", "table"),
)
SEARCH_LAG = timedelta(minutes=2)
"""How late the CRM's search may show a write: field reports say seconds, this is on the safe side.

A list is evidence of what happened before its reading began, less this.
"""


@dataclass(frozen=True)
class PlannedLocation:
    """What planning needs to know of a location beyond its contacts.

    ``custom_fields`` maps a key to its id; ``crm_contacts`` is a list of what the CRM holds, which
    ``requests_made`` were spent on if it is fresh; ``scored`` if the plan predicts. A location
    that ``allows_duplicates`` looks for email, then phone, whatever ``match`` says.
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
    allows_duplicates: bool = False


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
        _register_crm(con, ledger, locations)
        for name, kind in RELATIONS:
            define(con, PACKAGE, name, kind)
        facts = {
            row["location_id"]: row
            for row in con.sql("from plan_counts").to_arrow_table().to_pylist()
        }
        headers = {
            location.location_id: _header(
                location,
                facts[location.location_id],
                versions[location.location_id],
                ledger.crm,
                run_id,
            )
            for location in locations
        }
        _save(con, headers, sources.snapshots)
    return headers


def _register(
    con: duckdb.DuckDBPyConnection, locations: Sequence[PlannedLocation], policy: Policy
) -> None:
    con.register(
        "locations",
        pa.Table.from_pylist([_location_row(location) for location in locations], LOCATIONS),
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


def _location_row(location: PlannedLocation) -> dict[str, Any]:
    match = "email,phone" if location.allows_duplicates else location.match
    listed_at = location.crm_contacts and read_listed_at(location.crm_contacts)
    return {
        "location_id": location.location_id,
        "matches_email": "email" in match,
        "matches_phone": "phone" in match,
        "allows_duplicates": location.allows_duplicates,
        "listed_at": listed_at and (listed_at - SEARCH_LAG).replace(tzinfo=None),
        "is_fresh": location.is_fresh,
        "custom_fields": list(location.custom_fields.items()),
    }


def _register_crm(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, locations: Sequence[PlannedLocation]
) -> None:
    ids = [location.location_id for location in locations]
    con.register("acknowledged_contacts", ledger.known_contacts(ids))
    con.register("unsettled_requests", ledger.unsettled(ids))
    lists = [str(location.crm_contacts) for location in locations if location.crm_contacts]
    if lists:
        con.register("crm_contacts", con.read_parquet(lists))
    else:
        con.register("crm_contacts", CRM_CONTACTS.empty_table())


def _header(
    location: PlannedLocation, facts: Mapping[str, Any], version: int, crm: str, run_id: str
) -> PlanHeader:
    counts = PlanCounts(**{name: facts[name] for name in PlanCounts.model_fields if name in facts})
    reason, told = tripped(
        location.location_id,
        counts,
        max_reject_share=location.max_reject_share,
        max_create_share=location.max_create_share,
    )
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


def _save(
    con: duckdb.DuckDBPyConnection, headers: Mapping[str, PlanHeader], snapshots: Path
) -> None:
    """Write the plans in the order of sending, in one pass over the rows of all locations."""
    rows = con.sql(
        """
        from upsert_plan
        order by
            location_id,
            case action when 'create' then 1 when 'update' then 2 when 'hold' then 3 else 4 end,
            updated_at desc nulls last,
            identity
        """
    ).to_arrow_reader()
    by_location = groupby(_slices(rows), key=lambda part: part[0])
    written = set()
    for location_id, parts in by_location:
        _write(headers[location_id], rows.schema, (rows for _, rows in parts), snapshots)
        written.add(location_id)
    for location_id in headers.keys() - written:
        _write(headers[location_id], rows.schema, (), snapshots)


def _slices(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The batches cut where one location ends and the next begins."""
    for batch in batches:
        runs = pc.run_end_encode(batch.column("location_id"))
        start = 0
        for location_id, end in zip(
            runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True
        ):
            yield location_id, batch.slice(start, end - start)
            start = end


def _write(
    header: PlanHeader, columns: pa.Schema, rows: Iterable[pa.RecordBatch], snapshots: Path
) -> None:
    path = plan_path(snapshots, header.crm, header.location_id, header.plan_id)
    schema = columns.with_metadata({HEADER_KEY: header_json(header)})
    with replacing(path) as part, pq.ParquetWriter(part, schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)
    point_to_newest(snapshots, header)
