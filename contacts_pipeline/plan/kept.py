"""Whether a location's last plan still holds: made from the same, it would be the same.

Everything that a plan reads goes into a digest, which its header keeps. What is read only to send,
such as the day's budget, is not in it, since a plan that sends anything is always made anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from platform import python_version
from typing import Any

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, engine, scan
from contacts_pipeline.keyed_hash import fingerprint
from contacts_pipeline.ledger import Ledger, Position
from contacts_pipeline.plan.files import PlanHeader
from contacts_pipeline.plan.headers import extracted_before, header
from contacts_pipeline.plan.inputs import PACKAGE, PlannedLocation, Sources, read_listed
from contacts_pipeline.settings import Policy

_LIBRARIES = ("duckdb", "pyarrow", "phonenumbers", "email-validator")
"""Those whose versions decide what becomes of a value."""

OF_THE_HEADER = frozenset(
    {
        *("burst_limit", "interval_ms", "daily_limit", "daily_reserve", "spent", "scored"),
        *("max_reject_share", "max_create_share", "max_shrink_share", "pushed_plan_id"),
        *("outcomes", "crm_contacts", "is_fresh"),
    }
)
"""Facts of a location that its plan's rows do not depend on, or that are told otherwise.

From the first two lines a header is made, which is compared by itself.
"""
_OF_ITS_RUN = {"plan_id", "run_id", "refresh", "made_at", "spent", "extracted_before"}


def digest_inputs(
    locations: Sequence[PlannedLocation],
    sources: Sources,
    ledger: Ledger,
    policy: Policy,
    hash_key: bytes,
) -> dict[str, str]:
    """A digest of all that the rows of each location's plan are made from.

    A location whose list was just read, or does not say which it is, has none.
    """
    told = {
        "program": _program(),
        "key": fingerprint(hash_key),
        "crm": ledger.crm,
        "policy": policy.model_dump_json(),
    }
    ids = [one.location_id for one in locations]
    positions, rows = ledger.positions(ids), _digest_rows(sources, ids)
    return {
        one.location_id: _digest(
            told
            | _facts(one)
            | {
                "list": one.crm_contacts and _list_id(one),
                "ledger": positions[one.location_id],
                "rows": rows.get(one.location_id),
            }
        )
        for one in locations
        if not one.is_fresh and (one.crm_contacts is None or _list_id(one))
    }


def still_holds(last: PlanHeader, inputs: str | None, location: PlannedLocation) -> bool:
    """Whether a plan from ``inputs`` would be ``last``, and send nothing."""
    counts = last.counts
    if inputs is None or last.inputs != inputs or counts.create + counts.update + counts.deferred:
        return False
    nothing = dict.fromkeys(("requests", "deferred_create"), 0)
    facts = counts.model_dump() | nothing | last.model_dump(include={"gone", "data_version"})
    again = header(
        location,
        facts,
        None,
        rows_before=extracted_before(location, last),
        position=Position(last.ledger_version, changes=last.ledger_changes or 0),
        crm=last.crm,
        run_id=last.run_id,
        refresh=last.refresh,
        inputs=inputs,
    )
    return again.model_dump(exclude=_OF_ITS_RUN) == last.model_dump(exclude=_OF_ITS_RUN)


def _facts(location: PlannedLocation) -> dict[str, Any]:
    names = [field.name for field in fields(location) if field.name not in OF_THE_HEADER]
    return {name: repr(getattr(location, name)) for name in names} | {
        "custom_fields": sorted((key, repr(one)) for key, one in location.custom_fields.items())
    }


def _list_id(location: PlannedLocation) -> str | None:
    listed = location.crm_contacts and read_listed(location.crm_contacts)
    return listed.id if listed else None


def _digest_rows(sources: Sources, location_ids: Sequence[str]) -> dict[str, str]:
    """A digest of each location's contacts and source rows, in whatever order they stand."""
    with engine(sources.scratch) as con:
        scan(con, "unique_contacts", sources.unique_contacts)
        scan(con, "valid_contacts", sources.valid_contacts)
        planned = pa.table({"location_id": pa.array(location_ids, pa.string())})
        con.register("planned_locations", planned)
        define(con, PACKAGE, "content_digests")
        return dict(con.execute("select location_id, digest from content_digests").fetchall())


@cache
def _program() -> str:
    """This program and what it computes with."""
    told = hashlib.sha256()
    for file in sources_of_program():
        told.update(file.read_bytes())
    for name in _LIBRARIES:
        told.update(f"{name} {version(name)}\n".encode())
    told.update(f"{python_version()} {duckdb.__version__}".encode())
    return told.hexdigest()


def sources_of_program(folder: Traversable | None = None) -> Iterator[Traversable]:
    """Every file of Python and SQL, in one order."""
    inside = (folder or files("contacts_pipeline")).iterdir()
    for one in sorted(inside, key=lambda entry: entry.name):
        if one.is_dir():
            yield from sources_of_program(one)
        elif one.name.endswith((".py", ".sql")):
            yield one


def _digest(told: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
