"""The hashes that the last plan of a location made, so that the next need not make them again.

A memory of pure functions: of an identity with the same content under the same rules they are the
same. What is missing, or of another form, is made anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.engine import ROWS_A_BATCH, by_location, define, relation_sql
from contacts_pipeline.keyed_hash import fingerprint
from contacts_pipeline.plan.inputs import PACKAGE, PlannedLocation
from contacts_pipeline.plan.places import register_by_place, with_ids
from contacts_pipeline.settings import Policy
from contacts_pipeline.snapshots import file_name, replacing, unchanging

REMEMBERED_HASHES = pa.schema(
    [
        ("location_id", pa.string()),
        ("identity", pa.string()),
        ("content", pa.uint64()),
        ("withheld", pa.list_(pa.string())),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("row_hash", pa.string()),
    ]
)
"""``remembered_hashes``: the columns of ``hashes_to_remember.sql``, as they were made last."""

_HASHED_BY = ("claims", "sendable_contacts", "said_fields", "said_rows")


def memory_path(snapshots: Path, crm: str, location_id: str) -> Path:
    """Where the hashes of a location are kept."""
    return snapshots / "contact_hashes" / file_name(crm) / f"{file_name(location_id)}.parquet"


def rules(location: PlannedLocation, policy: Policy, hash_key: bytes) -> str:
    """All but the identities' own values that a hash depends on, in short."""
    told = {
        "key": fingerprint(hash_key),
        "match": location.match,
        "allows_duplicates": location.allows_duplicates,
        "custom_fields": {key: repr(one) for key, one in sorted(location.custom_fields.items())},
        "policy": policy.model_dump_json(include={"tags", "dnd", "clear"}),
        "sql": [relation_sql(PACKAGE, name) for name in _HASHED_BY],
        "duckdb": duckdb.__version__,
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@contextmanager
def recalling(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> Iterator[None]:
    """Register ``remembered_hashes``, which reads those of ``paths`` that can be used."""
    with unchanging(*filter(Path.exists, paths)) as kept:
        usable = [str(path) for path in kept if _is_usable(path)]
        rows = con.read_parquet(usable) if usable else REMEMBERED_HASHES.empty_table()
        register_by_place(con, "remembered_hashes", rows)
        yield


def remember(con: duckdb.DuckDBPyConnection, paths: Mapping[str, Path]) -> None:
    """Write the hashes of the locations in which many have changed."""
    define(con, PACKAGE, "hashes_to_remember")
    rows = with_ids(con, "hashes_to_remember").order("location_id").to_arrow_reader(ROWS_A_BATCH)
    for location_id, parts in by_location(rows):
        with replacing(paths[location_id]) as path:
            pq.write_table(
                pa.Table.from_batches(parts).cast(REMEMBERED_HASHES),
                path,
                use_dictionary=["location_id"],
                compression="none",  # of hashes it saves nothing
                write_statistics=False,
            )


def _is_usable(path: Path) -> bool:
    try:
        return bool(pq.read_schema(path).equals(REMEMBERED_HASHES))
    except pa.ArrowInvalid:
        return False
