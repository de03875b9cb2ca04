"""Plans onto disk: the rows of all locations in one pass, a file each."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.engine import ROWS_A_BATCH, by_location
from contacts_pipeline.plan.files import (
    HEADER_KEY,
    PlanHeader,
    header_json,
    plan_path,
    point_to_newest,
)
from contacts_pipeline.snapshots import replacing

_REPEATED = ["location_id", "action", "hold", "request", "add_tags"]
"""Columns that few values fill: looking for repetition in the others costs more than it saves."""


def save_plans(
    con: duckdb.DuckDBPyConnection, headers: Mapping[str, PlanHeader], snapshots: Path
) -> None:
    """Write the plans in the order of sending, in one pass over the rows of all locations."""
    rows = con.sql(
        """
        select
            upsert_plan.* replace (upsert_plan.location_id::varchar as location_id),
            coalesce(is_deferred, false) as is_deferred,
            policy.tags as tags_policy
        from (
            from upsert_plan
            union all by name
            select *, source_keys[1] as identity, 'gone' as action
            from gone_contacts
        ) as upsert_plan
        cross join policy
        left join sending_order using (location_id, identity)
        order by
            upsert_plan.location_id,
            place nulls last,
            action,
            updated_at desc nulls last,
            identity
        """
    ).to_arrow_reader(ROWS_A_BATCH)
    written = set()
    for location_id, parts in by_location(rows):
        _write(headers[location_id], rows.schema, parts, snapshots)
        written.add(location_id)
    for location_id in headers.keys() - written:
        _write(headers[location_id], rows.schema, (), snapshots)


def _write(
    header: PlanHeader, columns: pa.Schema, rows: Iterable[pa.RecordBatch], snapshots: Path
) -> None:
    path = plan_path(snapshots, header.crm, header.location_id, header.plan_id)
    schema = columns.with_metadata({HEADER_KEY: header_json(header)})
    options = {
        "compression": "zstd",
        "use_dictionary": _REPEATED,
        "write_statistics": False,  # a plan is read whole
    }
    with replacing(path) as part, pq.ParquetWriter(part, schema, **options) as writer:
        for batch in rows:
            writer.write_batch(batch)
    point_to_newest(snapshots, header)
