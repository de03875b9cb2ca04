"""What the UI shows of a stage: its columns and their sources, its numbers, its worst rows."""

import math
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pandas as pd
import pyarrow.parquet as pq

from contacts_pipeline.lineage import Lineage
from contacts_pipeline.push import LocationReport
from contacts_pipeline.snapshots import unchanging

BAR_LENGTH = 40  # characters of the longest bar


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


def table(frame: pd.DataFrame) -> dg.TableMetadataValue:
    """A data frame as a table of the UI."""
    kinds = {name: _kind(frame[name]) for name in frame.columns}
    records = [
        dg.TableRecord({str(name): _shown(value) for name, value in row.items()})
        for row in frame.to_dict(orient="records")
    ]
    schema = dg.TableSchema([dg.TableColumn(name, kind) for name, kind in kinds.items()])
    return dg.MetadataValue.table(records, schema)


def bar_chart(frame: pd.DataFrame, counted: str) -> dg.MarkdownMetadataValue:
    """A data frame as a table in Markdown, with a bar a row for the column ``counted``.

    Text, since the UI's sanitizer drops inline SVG.
    """
    names, rows = frame.columns.tolist(), frame.to_dict(orient="records")
    longest = max((row[counted] for row in rows), default=0) or 1
    aligned = ["---:" if name == counted else ":---" for name in [*names, ""]]
    lines = [[*names, ""], aligned]
    for row in rows:
        shown = ["" if pd.isna(row[name]) else str(row[name]) for name in names]
        shown[names.index(counted)] = f"{row[counted]:,}"
        lines.append([*shown, "█" * math.ceil(BAR_LENGTH * row[counted] / longest)])
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


def literal(text: str) -> str:
    """A text as Markdown's code, in which stars and bars are themselves."""
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`"


def frame(query: str, path: Path) -> pd.DataFrame:
    """What a query says of the Parquet file at ``$path``."""
    with (
        unchanging(path) as (still,),
        duckdb.cursor() as con,  # of the process's own database: another one takes 30 ms to make
    ):
        return con.execute(query, {"path": str(still)}).df()


def filled_columns(path: Path) -> dict[str, int]:
    """The columns of a stage that hold anything, with how many rows they fill."""
    with unchanging(path) as (still,), duckdb.cursor() as con:
        names = pq.read_schema(still).names
        counts = ", ".join(f'count("{name}") as "{name}"' for name in names)
        row = con.execute(f"select {counts} from read_parquet(?)", [str(still)]).fetchone() or ()
    return {name: count for name, count in zip(names, row, strict=True) if count}


def report_metadata(report: LocationReport) -> dict[str, Any]:
    """How a push ended, and every number of its report as series that the UI plots."""
    numbers = report.model_dump(
        exclude={"status", "reason", "told", "predictions", "deferred_because"}
    )
    told = {"status": report.status, "reason": report.reason, "told": report.told}
    return (
        {name: value for name, value in told.items() if value is not None}
        | {name: value for name, value in numbers.items() if isinstance(value, int | float)}
        | {
            "predictions_made": report.predictions.made,
            "predictions_right": report.predictions.right,
        }
    )


def _kind(values: "pd.Series[Any]") -> str:
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_integer_dtype(values):
        return "int"
    return "float" if pd.api.types.is_float_dtype(values) else "string"


def _shown(value: Any) -> str | int | float | bool | None:
    if pd.isna(value):
        return None
    return value if isinstance(value, bool | int | float) else str(value)
