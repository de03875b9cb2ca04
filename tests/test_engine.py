"""DuckDB within its limits."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contacts_pipeline.engine import MemoryLimitError, engine, scan


def test_the_environment_limits_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTS_MEMORY_LIMIT", "300MiB")
    with engine(tmp_path) as con:
        limit = con.execute("select current_setting('memory_limit')").fetchall()
    assert limit == [("300.0 MiB",)]


def test_a_limit_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTS_MEMORY_LIMIT", "plenty")
    with pytest.raises(MemoryLimitError, match="CONTACTS_MEMORY_LIMIT: 'plenty'"), engine(tmp_path):
        pass


def test_a_column_without_a_value_is_a_constant_of_its_type(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    rows = pa.table(
        {
            "empty": pa.array([None] * 4, pa.string()),
            "late": pa.array([None, None, None, 1], pa.int64()),
            "listed": pa.array([None] * 4, pa.list_(pa.string())),
            "full": ["a", "b", "c", "d"],
        }
    )
    pq.write_table(rows, path, row_group_size=2)
    with duckdb.connect() as con:
        scan(con, "rows", path)
        found = con.sql("from rows").to_arrow_table()
        plan = con.sql("explain from rows where empty is not null").fetchall()[0][1]
    assert found.equals(rows)
    assert "parquet" not in plan.lower()
