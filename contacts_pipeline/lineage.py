"""Which column comes from which, from a warehouse column to an API field.

Asked of the settings and of the relations themselves, so that it changes when they change.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from contacts_pipeline.contact import CHANNEL_COLUMNS, FIELD_COLUMNS
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse import field_sources

Lineage = dict[str, list[str]]
"""Column to the columns of the stage before it."""

_ALSO_NEEDS = {
    "phone": ("country", "location_id"),
    "name": ("first_name", "last_name"),
    "updated_at": ("updated_at_raw",),
    "rejection": ("source_key", "location_id", "email", "phone"),
}
"""Columns whose judgement reads others: a phone's region, a name's parts, rule 1."""


def warehouse_lineage(settings: Settings) -> Lineage:
    """``warehouse_contacts`` by the columns of the table or query that the settings name."""
    contacts, by_source = settings.contacts, settings.survivorship.source_priority
    lineage = {
        "source_key": [contacts.key],
        "location_id": [contacts.location],
    }
    if contacts.updated_at:
        lineage |= {"updated_at": [contacts.updated_at], "updated_at_raw": [contacts.updated_at]}
    if by_source:
        lineage["origin"] = columns_in(by_source.column)
    for column, source in field_sources(contacts).items():
        lineage[column] = columns_in(source)
    custom = {name for source in contacts.custom_fields.values() for name in columns_in(source)}
    if custom:
        lineage["custom_fields"] = sorted(custom)
    return lineage


def columns_in(expression: str) -> list[str]:
    """The columns that an SQL expression reads, in order; the parser's word, not a pattern's."""
    row = duckdb.execute("select json_serialize_sql('select ' || ?)", [expression]).fetchone()
    tree = json.loads(row[0]) if row else {}
    return list(dict.fromkeys(_column_names(tree)))


def valid_lineage(columns: list[str], filled: Mapping[str, Any]) -> Lineage:
    """``valid_contacts`` by ``warehouse_contacts``: each column by itself and what judges it."""
    lineage: Lineage = {}
    for column in columns:
        own = [column] if column in filled else []
        others = [other for other in _ALSO_NEEDS.get(column, ()) if other in filled]
        if own or (others and column == "rejection"):
            lineage[column] = own + others
    lineage["warnings"] = sorted(filled.keys() - {"source_key", "location_id"})
    return lineage


def unique_lineage(columns: list[str], filled: Mapping[str, Any]) -> Lineage:
    """``unique_contacts`` by ``valid_contacts``."""
    lineage = {column: [column] for column in columns if column in filled}
    keys = ["source_key", "email", "phone"]
    return lineage | {
        "identity": keys,
        "source_keys": keys,
        "hold": ["email", "phone"],
        "reasons": [*keys, "updated_at", *(["origin"] if "origin" in filled else [])],
    }


def plan_lineage(filled: Mapping[str, Any]) -> Lineage:
    """``upsert_plan`` by ``unique_contacts``: every filled field may be in the body."""
    fields = [column for column in filled if column in _body_columns()]
    return {
        "location_id": ["location_id"],
        "identity": ["identity"],
        "source_keys": ["source_keys"],
        "hold": [name for name in ("hold", "email", "phone") if name in (*filled, "hold")],
        "body": ["location_id", *fields],
        "contact_id": ["source_keys", *(name for name in ("email", "phone") if name in filled)],
        "changed_fields": fields,
        "warnings": [name for name in ("phone", "email", "custom_fields") if name in filled],
    }


def sent_fields(plan: Path) -> list[str]:
    """The API fields that a plan changes, as its rows say."""
    table = pq.read_table(plan, columns=["changed_fields"])
    found = {field for row in table["changed_fields"].to_pylist() for field in row}
    return [field for field in (*FIELD_COLUMNS, "dndSettings", "customFields") if field in found]


def _body_columns() -> set[str]:
    return {*FIELD_COLUMNS.values(), *CHANNEL_COLUMNS.values(), "inbound_dnd", "custom_fields"}


def _column_names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            yield node["column_names"][-1]
        for value in node.values():
            yield from _column_names(value)
    elif isinstance(node, list):
        for value in node:
            yield from _column_names(value)
