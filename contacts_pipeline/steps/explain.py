"""One contact's whole story: its rows, what was made of them, the plan, each request and answer.

Values are in it, so it goes to who asked and nowhere else.
"""

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.ledger import (
    Ledger,
    contacts_of_keys,
    outcomes_of_keys,
    requests_of_keys,
)
from contacts_pipeline.plan import newest_plan, read_header
from contacts_pipeline.snapshots import unchanging
from contacts_pipeline.steps.refresh import registered_locations, told_unregistered
from contacts_pipeline.steps.stages import stage
from contacts_pipeline.workspace import Workspace

Rows = list[dict[str, Any]]


class UnknownContactError(PipelineError):
    """Neither the source nor the ledger knows whom the user asks for."""

    code = "contact_unknown"


@dataclass(frozen=True)
class Asked:
    """Whom the user asks for; one of the three."""

    key: str | None = None
    email: str | None = None
    phone: str | None = None


def explain(workspace: Workspace, ledger: Ledger, location_id: str, asked: Asked) -> dict[str, Any]:
    """The document of ``explain --json``.

    Lists of rows: ``source``, ``judged``, ``identities``, ``planned``, ``known`` (what the CRM has
    acknowledged), ``requests``, ``outcomes``; and ``location`` and ``keys``.

    Raises:
        UnknownContactError: nobody is known by what was asked for.
    """
    keys = _keys(workspace, location_id, asked)
    where = "location_id = $location and list_contains($keys, source_key)"
    unique = stage(workspace, "unique_contacts")
    identities = _rows(
        "from read_parquet($path) where location_id = $location "
        "and list_has_any(source_keys, $keys)",
        path=unique,
        location=location_id,
        keys=keys,
    )
    keys = sorted({*keys, *(key for one in identities for key in one["source_keys"])})
    found: dict[str, Any] = {"location": location_id, "keys": keys}
    given: dict[str, Any] = {"location": location_id, "keys": keys}
    for name, snapshot in (("source", "warehouse_contacts"), ("judged", "valid_contacts")):
        path = stage(workspace, snapshot)
        found[name] = _rows(f"from read_parquet($path) where {where}", path=path, **given)
    planned = _planned(workspace, ledger.crm, location_id, keys)
    known = [dict(row) for row in contacts_of_keys(ledger, location_id, keys)]
    if not (found["source"] or known):
        registry = registered_locations(workspace)
        raise UnknownContactError(
            f"location {location_id}: neither the source nor the ledger knows this contact; "
            "refresh, or ask by another of --key, --email and --phone"
            if location_id in registry
            else f"location {location_id}: {told_unregistered(location_id, registry)}"
        )
    return {
        **found,
        "identities": identities,
        "planned": planned,
        "known": known,
        "requests": [dict(row) for row in requests_of_keys(ledger, location_id, keys)],
        "outcomes": [dict(row) for row in outcomes_of_keys(ledger, location_id, keys)],
    }


def _keys(workspace: Workspace, location_id: str, asked: Asked) -> list[str]:
    if asked.key is not None:
        return [asked.key]
    column = "email" if asked.email is not None else "phone"
    text = (asked.email or asked.phone or "").strip().lower()
    if column == "phone":
        text = re.sub(r"[^0-9]", "", text)
    bare = "lower(trim({0}))" if column == "email" else "regexp_replace({0}, '[^0-9]', '', 'g')"
    keys = set[str]()
    for name in ("warehouse_contacts", "valid_contacts"):
        rows = _rows(
            f"select source_key from read_parquet($path) where location_id = $location "
            f"and {bare.format(column)} = $text and source_key is not null",
            path=stage(workspace, name),
            location=location_id,
            text=text,
        )
        keys |= {row["source_key"] for row in rows}
    return sorted(keys)


def _planned(workspace: Workspace, crm: str, location_id: str, keys: Collection[str]) -> Rows:
    path = newest_plan(workspace.snapshots, crm, location_id)
    if path is None:
        return []
    header = read_header(path, location_id)
    rows = _rows(
        "from read_parquet($path) where list_has_any(source_keys, $keys)",
        path=path,
        keys=list(keys),
    )
    made = {"plan_id": header.plan_id, "made_at": header.made_at, "held_because": header.told}
    return [made | row | {"body": json.loads(row["body"] or "null")} for row in rows]


def _rows(query: str, *, path: Path, **given: Any) -> Rows:
    with unchanging(path) as (still,), duckdb.connect(":memory:") as con:
        con.execute("set timezone = 'UTC'")
        rows = con.sql(query, params={"path": str(still), **given})
        return list(rows.to_arrow_table().to_pylist())
