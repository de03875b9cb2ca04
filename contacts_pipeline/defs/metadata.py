"""What the UI shows of a stage: its columns and their sources, its numbers, its worst rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow.parquet as pq

from contacts_pipeline.lineage import Lineage
from contacts_pipeline.push import LocationReport


def column_schema(path: Path) -> dg.TableSchema:
    """The columns of a Parquet file as Dagster shows them."""
    schema = pq.read_schema(path)
    return dg.TableSchema([dg.TableColumn(field.name, str(field.type)) for field in schema])


def column_lineage(lineage: Lineage, upstream: dg.AssetKey) -> dg.TableColumnLineage:
    """``lineage`` as columns of the one asset upstream."""
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(upstream, source) for source in sources]
            for column, sources in lineage.items()
        }
    )


def stage_metadata(path: Path, lineage: Lineage, upstream: dg.AssetKey) -> dict[str, Any]:
    """Rows, size, schema and lineage of a stage."""
    return {
        "dagster/row_count": pq.read_metadata(path).num_rows,
        "dagster/column_schema": column_schema(path),
        "dagster/column_lineage": column_lineage(lineage, upstream),
        "bytes": path.stat().st_size,
    }


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dg.TableMetadataValue:
    """``rows`` as a table of the UI."""
    records = [dg.TableRecord({name: _shown(row[name]) for name in columns}) for row in rows]
    kinds = {
        name: "float"
        if any(isinstance(row[name], float) for row in rows)
        else "int"
        if rows and all(isinstance(row[name], int) for row in rows)
        else "string"
        for name in columns
    }
    schema = dg.TableSchema([dg.TableColumn(name, kinds[name]) for name in columns])
    return dg.MetadataValue.table(records, schema)


def codes(path: Path) -> dg.TableMetadataValue:
    """How often each rejection and warning of ``valid_contacts`` occurs, by field."""
    rows = duckdb.execute(
        """
        select 'rejection' as kind, rejection.code as code, rejection.field as field, count(*) as n
        from read_parquet($path) where rejection is not null group by all
        union all
        select 'warning', code, field, count(*)
        from (select unnest(warnings, recursive := true) from read_parquet($path)) group by all
        order by 1, 4 desc, 2, 3
        """,
        {"path": str(path)},
    ).fetchall()
    names = ("kind", "code", "field", "rows")
    return table([dict(zip(names, row, strict=True)) for row in rows], names)


def filled_columns(path: Path) -> dict[str, int]:
    """The columns of a stage that hold anything, with how many rows they fill."""
    names = pq.read_schema(path).names
    counts = ", ".join(f'count("{name}") as "{name}"' for name in names)
    row = duckdb.execute(f"select {counts} from read_parquet(?)", [str(path)]).fetchone() or ()
    return {name: count for name, count in zip(names, row, strict=True) if count}


def report_metadata(report: LocationReport) -> dict[str, Any]:
    """Every number of a location's report, as series that the UI plots."""
    numbers = report.model_dump(
        exclude={"status", "reason", "told", "predictions", "deferred_because"}
    )
    told = {"reason": report.reason, "told": report.told, "status": report.status}
    return (
        {name: value for name, value in numbers.items() if isinstance(value, int | float)}
        | {
            "predictions_made": report.predictions.made,
            "predictions_right": report.predictions.right,
        }
        | {name: value for name, value in told.items() if value is not None}
    )


def _shown(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
