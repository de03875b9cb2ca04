"""Plans many locations in one pass of DuckDB: identities and the CRM in, what to send out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, engine, scan
from contacts_pipeline.keyed_hash import define_keyed_hash
from contacts_pipeline.ledger import (
    DayLeft,
    Ledger,
    day_left,
    read_acknowledged_contacts,
    read_acknowledged_fields,
)
from contacts_pipeline.plan.custom_values import define_custom_values, plain_fields
from contacts_pipeline.plan.files import PlanHeader
from contacts_pipeline.plan.headers import extracted_before, header
from contacts_pipeline.plan.inputs import (
    CRM_CONTACTS,
    DEFERRED_CONTACTS,
    LOCATIONS,
    PlannedLocation,
    read_listed_at,
)
from contacts_pipeline.plan.memory import memory_path, recall, remember, rules
from contacts_pipeline.plan.places import number_places, register_by_place, with_ids
from contacts_pipeline.plan.writing import save_plans
from contacts_pipeline.settings import Policy

PACKAGE = "contacts_pipeline.plan"
Relations = tuple[tuple[str, Literal["view", "table"]], ...]
CONTACTS: Relations = (
    ("listed_contacts", "view"),
    ("known_contacts", "table"),
    ("additional_emails", "table"),
    ("listed_later", "table"),
)
IDENTITIES: Relations = (
    ("edited_fields", "table"),
    ("unsettled", "table"),
    ("key_contacts", "table"),
    ("contact_holdings", "table"),
    ("shaped_custom_fields", "table"),
    ("claims", "table"),
    ("own_contacts", "table"),
    ("phone_owners", "table"),
    ("gone_contacts", "table"),
    ("withheld_values", "table"),
    ("settled_contacts", "table"),
    ("sendable_contacts", "table"),
    ("said_fields", "view"),
    ("said_rows", "table"),
    ("row_hashes", "table"),
    ("decisions", "table"),
    ("compared_contacts", "table"),
)
CHANGES: Relations = (
    ("new_contacts", "table"),
    ("contact_fields", "table"),
    ("listed_fields", "view"),
    ("known_fields", "table"),
    ("field_changes", "table"),
    ("plan_warnings", "table"),
    ("upsert_plan", "table"),
)
SENDING: Relations = (
    ("sending_order", "table"),
    ("plan_counts", "table"),
)
SEARCH_LAG = timedelta(minutes=2)
"""How late the CRM's search may show a write: field reports say seconds, this is on the safe side.

A list is evidence of what happened before its reading began, less this.
"""


@dataclass(frozen=True)
class Sources:
    """The snapshots that a plan is made from, and where it goes."""

    valid_contacts: Path
    unique_contacts: Path
    snapshots: Path
    scratch: Path


@dataclass(frozen=True)
class Known:
    """What the ledger says; ``fields`` of contacts (``location_id, contact_id``) on demand.

    ``hashes`` are the files that ``memory`` wrote.
    """

    contacts: pa.Table
    unsettled: pa.Table
    fields: Callable[[pa.Table], pa.Table]
    hashes: Sequence[Path] = ()


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
    before = {
        one.location_id: extracted_before(one, sources.snapshots, ledger.crm) for one in locations
    }
    versions = {location_id: ledger.version(location_id)[0] for location_id in ids}
    memories = {one: memory_path(sources.snapshots, ledger.crm, one) for one in ids}
    known = Known(
        read_acknowledged_contacts(ledger, ids),
        ledger.unsettled(ids),
        partial(read_acknowledged_fields, ledger),
        list(memories.values()),
    )
    with planning(locations, sources, known, policy, hash_key) as con:
        days = _register_days(con, ledger, locations)
        _define(con, SENDING)
        facts = {
            row["location_id"]: row
            for row in con.sql("from plan_counts").to_arrow_table().to_pylist()
        }
        headers = {
            location.location_id: header(
                location,
                facts[location.location_id],
                days.get(location.location_id),
                rows_before=before[location.location_id],
                version=versions[location.location_id],
                crm=ledger.crm,
                run_id=run_id,
            )
            for location in locations
        }
        save_plans(con, headers, sources.snapshots)
        remember(con, memories)
    return headers


@contextmanager
def planning(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    known: Known,
    policy: Policy,
    hash_key: bytes,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every relation up to ``upsert_plan``."""
    with engine(sources.scratch) as con:
        define_keyed_hash(con, hash_key)
        scan(con, "all_unique_contacts", sources.unique_contacts)
        scan(con, "valid_contacts", sources.valid_contacts)
        _register(con, locations, policy, hash_key)
        recall(con, known.hashes)
        define_custom_values(con, {one.location_id: one.custom_fields for one in locations})
        _register_crm(con, known, locations)
        _define(con, CONTACTS)
        _register_fields(con, known, "listed_later")
        _define(con, IDENTITIES)
        _register_fields(con, known, "compared_contacts")
        _define(con, CHANGES)
        yield con


def _define(con: duckdb.DuckDBPyConnection, relations: Relations) -> None:
    for name, kind in relations:
        define(con, PACKAGE, name, kind)


def _register(
    con: duckdb.DuckDBPyConnection,
    locations: Sequence[PlannedLocation],
    policy: Policy,
    hash_key: bytes,
) -> None:
    rows = [_location_row(one) | {"rules": rules(one, policy, hash_key)} for one in locations]
    number_places(con, [one.location_id for one in locations])
    register_by_place(con, "locations", pa.Table.from_pylist(rows, LOCATIONS))
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
    planned = con.sql("from all_unique_contacts semi join given_locations using (location_id)")
    register_by_place(con, "unique_contacts", planned)


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
        "custom_fields": plain_fields(location.custom_fields),
    }


def _register_crm(
    con: duckdb.DuckDBPyConnection,
    known: Known,
    locations: Sequence[PlannedLocation],
) -> None:
    register_by_place(con, "acknowledged_contacts", known.contacts)
    register_by_place(con, "unsettled_requests", known.unsettled)
    lists = [str(location.crm_contacts) for location in locations if location.crm_contacts]
    if lists:
        register_by_place(con, "crm_contacts", con.read_parquet(lists))
    else:
        register_by_place(con, "crm_contacts", CRM_CONTACTS.empty_table())


def _register_fields(con: duckdb.DuckDBPyConnection, known: Known, wanted: str) -> None:
    """What the ledger says of the fields of the contacts in ``wanted``."""
    contacts = with_ids(con, wanted).to_arrow_table()
    register_by_place(con, "acknowledged_fields", known.fields(contacts))


def _register_days(
    con: duckdb.DuckDBPyConnection, ledger: Ledger, locations: Sequence[PlannedLocation]
) -> dict[str, DayLeft]:
    """What is left of the day where anything is to be sent, and what has waited longest."""
    busy = {
        location_id
        for (location_id,) in con.execute(
            "select distinct location_id from upsert_plan where action in ('create', 'update')"
        ).fetchall()
    }
    sending = [location for location in locations if location.location_id in busy]
    days = day_left(ledger, {one.location_id: one.daily_limit for one in sending})
    con.register(
        "day_left",
        pa.table(
            {
                "location_id": pa.array([one.location_id for one in sending], pa.string()),
                "requests": pa.array(
                    [days[one.location_id].requests - one.daily_reserve for one in sending],
                    pa.int64(),
                ),
            }
        ),
    )
    outcomes = [str(one.outcomes) for one in sending if one.outcomes]
    if outcomes:
        left = con.read_parquet(outcomes).filter("state = 'deferred'")
        con.register("deferred_contacts", left.select("location_id, identity"))
    else:
        con.register("deferred_contacts", DEFERRED_CONTACTS.empty_table())
    return days
