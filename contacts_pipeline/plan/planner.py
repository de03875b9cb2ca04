"""Every relation of a plan, in one pass of DuckDB for many locations."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, engine, relation_sql, scan
from contacts_pipeline.keyed_hash import define_keyed_hash
from contacts_pipeline.plan.custom_values import define_custom_values, plain_fields
from contacts_pipeline.plan.inputs import (
    CRM_CONTACTS,
    LOCATIONS,
    PACKAGE,
    POLICY,
    PlannedLocation,
    Sources,
    read_listed,
)
from contacts_pipeline.plan.listed_phones import define_listed_phones
from contacts_pipeline.plan.memory import recalling, rules
from contacts_pipeline.plan.places import number_places, register_by_place, with_ids
from contacts_pipeline.settings import Policy
from contacts_pipeline.settings.edits import rules_of_edits

Relations = tuple[tuple[str, Literal["view", "table"]], ...]
CONTACTS: Relations = (
    ("crm_contacts", "view"),
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
    ("new_contacts", "view"),
    ("contact_fields", "table"),
    ("listed_fields", "view"),
    ("known_fields", "table"),
    ("field_changes", "table"),
    ("plan_warnings", "table"),
    ("upsert_plan", "table"),
)
SEARCH_LAG = timedelta(minutes=2)
"""How late the CRM's search may show a write: field reports say seconds, this is on the safe side.

A list is evidence of what happened before its reading began, less this.
"""


@dataclass(frozen=True)
class Known:
    """What the ledger says; ``fields`` of contacts (``location_id, contact_id``) on demand.

    ``hashes`` are the files that ``memory`` wrote.
    """

    contacts: pa.Table
    unsettled: pa.Table
    fields: Callable[[pa.Table], pa.Table]
    hashes: Sequence[Path] = ()


@contextmanager
def planning(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    known: Known,
    policy: Policy,
    hash_key: bytes,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every relation up to ``upsert_plan``; what they read must not be replaced meanwhile."""
    with engine(sources.scratch) as con:
        define_keyed_hash(con, hash_key)
        con.execute(relation_sql(PACKAGE, "macros"))
        scan(con, "all_unique_contacts", sources.unique_contacts)
        scan(con, "valid_contacts", sources.valid_contacts)
        _register(con, locations, policy, hash_key)
        define_custom_values(con, {one.location_id: one.custom_fields for one in locations})
        _register_crm(con, known, locations)
        define_all(con, CONTACTS)
        _register_fields(con, known, "listed_later")
        with recalling(con, known.hashes):
            define_all(con, IDENTITIES)
            _register_fields(con, known, "compared_contacts")
            define_all(con, CHANGES)
            yield con


def define_all(con: duckdb.DuckDBPyConnection, relations: Relations) -> None:
    """Define each of ``relations``, in their order."""
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
    con.register("policy", pa.Table.from_pylist([_policy_row(policy)], POLICY))
    planned = con.sql("from all_unique_contacts semi join given_locations using (location_id)")
    register_by_place(con, "unique_contacts", planned)


def _policy_row(policy: Policy) -> dict[str, Any]:
    chosen: dict[str, Any] = policy.model_dump(include=set(POLICY.names))
    return chosen | {"crm_edits": rules_of_edits(policy.crm_edits)}


def _location_row(location: PlannedLocation) -> dict[str, Any]:
    match = "email,phone" if location.allows_duplicates else location.match
    listed = location.crm_contacts and read_listed(location.crm_contacts)
    return {
        "location_id": location.location_id,
        "matches_email": "email" in match,
        "matches_phone": "phone" in match,
        "allows_duplicates": location.allows_duplicates,
        "listed_at": listed and (listed.at - SEARCH_LAG).replace(tzinfo=None),
        "listed_changes": listed and listed.changes,
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
        register_by_place(con, "listed_rows", con.read_parquet(lists))
    else:
        register_by_place(con, "listed_rows", CRM_CONTACTS.empty_table())
    define_listed_phones(con, {one.location_id: one.region for one in locations})


def _register_fields(con: duckdb.DuckDBPyConnection, known: Known, wanted: str) -> None:
    """What the ledger says of the fields of the contacts in ``wanted``."""
    contacts = with_ids(con, wanted).to_arrow_table()
    register_by_place(con, "acknowledged_fields", known.fields(contacts))
