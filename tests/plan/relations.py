"""Small tables in, a relation out: one .sql file of the plan in a real DuckDB."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from contacts_pipeline.engine import define, engine, relation_sql
from contacts_pipeline.keyed_hash import define_keyed_hash
from contacts_pipeline.ledger.relations import ACKNOWLEDGED_CONTACTS, ACKNOWLEDGED_FIELDS, UNSETTLED
from contacts_pipeline.plan.custom_values import CUSTOM_VALUES, TYPED_CUSTOM_FIELDS
from contacts_pipeline.plan.inputs import CRM_CONTACTS, DEFERRED_CONTACTS, LOCATIONS, POLICY
from contacts_pipeline.plan.listed_phones import LISTED_PHONES
from contacts_pipeline.plan.memory import REMEMBERED_HASHES
from contacts_pipeline.settings.edits import rules_of_edits
from tests.plan.given import KEY, UNIQUE_CONTACTS, VALID_CONTACTS

Table = list[dict[str, Any]]
Relation = Callable[..., set[Any]]

TEXT, TIME, FLAG = pa.string(), pa.timestamp("us"), pa.bool_()
LIST = pa.list_(TEXT)
FIELD = pa.list_(pa.struct([("field", TEXT), ("value", TEXT), ("hash", TEXT)]))
HASHES = pa.map_(TEXT, TEXT)
_KINDS: dict[str, pa.DataType] = {
    **dict.fromkeys(
        ("known_at", "listed_at", "updated_at", "intended_at", "unsettled_since"), TIME
    ),
    **dict.fromkeys(
        (
            "is_deleted",
            "is_shown",
            "is_certain",
            "proven_absent",
            "is_acknowledged",
            "is_all",
            "is_additional",
            "creates_another",
        ),
        FLAG,
    ),
    **dict.fromkeys(
        (
            "source_keys",
            "unsettled_identities",
            "tags",
            "changed_fields",
            "would_clear",
            "conflicts",
        ),
        LIST,
    ),
    **dict.fromkeys(("fields", "sent"), FIELD),
    "changes": pa.int64(),
    "hashes": HASHES,
    "warnings": pa.list_(pa.struct([("code", TEXT), ("field", TEXT), ("detail", TEXT)])),
}


def _schema(columns: str) -> pa.Schema:
    return pa.schema([(name, _KINDS.get(name, TEXT)) for name in columns.split()])


SCHEMAS: dict[str, pa.Schema] = {
    "locations": LOCATIONS,
    "crm_contacts": CRM_CONTACTS,
    "acknowledged_contacts": ACKNOWLEDGED_CONTACTS,
    "acknowledged_fields": ACKNOWLEDGED_FIELDS,
    "compared_contacts": _schema("location_id contact_id"),
    "unsettled_requests": UNSETTLED,
    "typed_custom_fields": TYPED_CUSTOM_FIELDS,
    "custom_values": CUSTOM_VALUES,
    "shaped_custom_fields": pa.schema(
        [
            *_schema("location_id identity warnings"),
            ("custom_fields", pa.list_(pa.struct([("id", TEXT), ("value", TEXT)]))),
        ]
    ),
    "unique_contacts": UNIQUE_CONTACTS,
    "valid_contacts": VALID_CONTACTS,
    "policy": POLICY,
    "listed_rows": CRM_CONTACTS,
    "listed_phones": LISTED_PHONES,
    "listed_contacts": _schema("location_id contact_id email_hash phone_hash"),
    "known_contacts": _schema(
        "location_id contact_id source_keys known_at changes email_hash phone_hash row_hash "
        "is_deleted"
    ),
    "unsettled": _schema(
        "location_id identity contact_id source_keys intended_at changes email_hash phone_hash "
        "is_shown"
    ),
    "additional_emails": _schema("location_id contact_id email_hash"),
    "edited_fields": pa.schema(
        [*_schema("location_id contact_id hashes"), ("put_back", HASHES), ("holding", LIST)]
    ),
    "gone_contacts": _schema("location_id contact_id source_keys"),
    "key_contacts": _schema("location_id source_key contact_id is_deleted"),
    "contact_holdings": _schema("location_id contact_id kind value is_certain is_additional"),
    "claims": pa.schema(
        [
            *_schema("location_id identity source_keys updated_at hold email_hash phone_hash"),
            ("content", pa.uint64()),
        ]
    ),
    "own_contacts": _schema("location_id identity contact_id found_by conflict"),
    "phone_owners": _schema("location_id phone_hash identity"),
    "withheld_values": _schema("location_id identity field code holder"),
    "remembered_hashes": REMEMBERED_HASHES,
    "settled_contacts": _schema("location_id identity row_hash"),
    "row_hashes": _schema("location_id identity row_hash"),
    "new_contacts": pa.schema(
        [
            *_schema("location_id identity changed_fields body"),
            ("add_tags", LIST),
            ("hashes", TEXT),
        ]
    ),
    "decisions": _schema(
        "location_id identity source_keys updated_at contact_id hold hold_of_changes "
        "creates_another request proven_absent is_acknowledged row_hash email_hash phone_hash "
        "unsettled_since unsettled_identities"
    ),
    "contact_fields": _schema("location_id identity tags fields"),
    "listed_fields": _schema("location_id contact_id fields"),
    "known_fields": _schema("location_id contact_id hashes"),
    "field_changes": _schema(
        "location_id identity tags changed_fields would_clear conflicts sent hashes is_all"
    ),
    "judged_rows": pa.schema(
        [("location_id", TEXT), ("extracted", pa.int64()), ("rejected", pa.int64())]
    ),
    "plan_warnings": _schema("location_id identity warnings"),
    "upsert_plan": _schema("location_id identity action updated_at body add_tags"),
    "deferred_contacts": DEFERRED_CONTACTS,
    "day_left": pa.schema([("location_id", TEXT), ("requests", pa.int64())]),
    "sending_order": pa.schema(
        [
            *_schema("location_id identity action"),
            ("requests", pa.int64()),
            ("is_deferred", FLAG),
        ]
    ),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "locations": {
        "matches_email": True,
        "matches_phone": True,
        "allows_duplicates": False,
        "is_fresh": False,
        "custom_fields": [],
    },
    "policy": {
        "tags": "add",
        "dnd": "set_only",
        "shared": "withhold",
        "changed_email": "hold",
        "crm_edits": list(rules_of_edits("keep").items()),
        "deleted_in_crm": "hold",
        "clear": [],
    },
    "acknowledged_contacts": {"source_keys": "[]", "changes": 0},
    "unsettled_requests": {"source_keys": "[]", "changes": 0},
    "known_contacts": {"source_keys": [], "is_deleted": False, "changes": 0},
    "unsettled": {"source_keys": [], "is_shown": False, "changes": 0},
    "key_contacts": {"is_deleted": False},
    "contact_holdings": {"is_certain": True, "is_additional": False},
    "claims": {"source_keys": []},
    "decisions": {
        "source_keys": [],
        "creates_another": False,
        "request": "upsert",
        "proven_absent": False,
        "is_acknowledged": False,
        "unsettled_identities": [],
    },
    "field_changes": {
        "changed_fields": [],
        "would_clear": [],
        "conflicts": [],
        "sent": [],
        "is_all": True,
    },
}


def relation(scratch: Path, name: str, wanted: str, also: str = "", **tables: Table) -> set[Any]:
    """The columns ``wanted`` of a relation, over ``tables``; what is not given is empty.

    ``also`` names relations that are defined before it, from their own files. There is one
    location and one policy unless given.
    """
    given: dict[str, Table] = {"locations": [{}], "policy": [{}], **tables}
    with engine(scratch) as con:
        define_keyed_hash(con, KEY)
        con.execute(relation_sql("contacts_pipeline.plan", "macros"))
        con.execute("set threads = 1")
        for table, schema in SCHEMAS.items():
            if table == name or table in also.split():
                continue
            rows = [
                {"location_id": "acme"} | DEFAULTS.get(table, {}) | row
                for row in given.get(table, [])
            ]
            con.register(table, pa.Table.from_pylist(rows, schema=schema))
        for one in (*also.split(), name):
            define(con, "contacts_pipeline.plan", one)
        rows = con.sql(f'from "{name}"').to_arrow_table().to_pylist()
    columns = wanted.split()
    shown = [tuple(_plain(row[column]) for column in columns) for row in rows]
    assert len(shown) == len(set(shown)), "a row twice"
    return {row[0] if len(columns) == 1 else row for row in shown}


def _plain(value: Any) -> Any:
    """A value that a set can hold: a list or a struct as the tuple of its values."""
    if isinstance(value, dict):
        value = list(value.values())
    return tuple(_plain(one) for one in value) if isinstance(value, list) else value


def of(columns: str, *rows: tuple[Any, ...]) -> Table:
    """A table: the names of its columns, then its rows."""
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def entry(field: str, value: str) -> dict[str, str]:
    """A field of a contact, with a hash that one can read."""
    return {"field": field, "value": value, "hash": f"{field}={value}"}
