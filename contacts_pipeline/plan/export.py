"""Whole plans, with values, into a file that the user named: readable by this user alone."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from contacts_pipeline.errors import SettingsError

FORMATS = {
    ".csv": "format csv, header",
    ".json": "format json, array true",
    ".jsonl": "format json",
    ".ndjson": "format json",
    ".parquet": "format parquet, compression zstd",
}
_LISTS = ("source_keys", "add_tags", "changed_fields", "would_clear", "warnings")
_COLUMNS = (
    *("location_id", "identity", "source_keys", "updated_at", "action", "is_deferred", "hold"),
    *("request", "contact_id", "body", "add_tags", "changed_fields", "would_clear", "warnings"),
)


def check_export(file: Path) -> None:
    """Complain before any work about a file whose format is not known."""
    if file.suffix.lower() not in FORMATS:
        raise SettingsError(f"--out {file}: end its name with one of {', '.join(FORMATS)}")
    if not file.absolute().parent.is_dir():
        raise SettingsError(f"--out {file}: the folder does not exist; make it first")


def export_plans(plans: Sequence[Path], file: Path) -> int:
    """Write every row of ``plans`` to ``file``, as its suffix says; returns their number."""
    suffix = file.suffix.lower()
    columns = ", ".join(
        f"to_json({name}) as {name}" if suffix == ".csv" and name in _LISTS else name
        for name in _COLUMNS
    )
    if "json" in suffix:
        columns = columns.replace("body,", "body::json as body,")
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
    os.close(handle)
    part = Path(name)
    try:
        with duckdb.connect(":memory:") as con:
            source = con.read_parquet([str(plan) for plan in plans], union_by_name=True)
            source.create_view("plans")
            quoted = name.replace("'", "''")
            con.execute(
                f"copy (select {columns} from plans) to '{quoted}' "
                f"({FORMATS[suffix]}, use_tmp_file false)"
            )
            rows = con.execute("select count(*) from plans").fetchone()
        part.chmod(0o600)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return rows[0] if rows else 0
