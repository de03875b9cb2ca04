"""DuckDB within its limits."""

from pathlib import Path

import pytest

from contacts_pipeline.engine import MemoryLimitError, engine


def test_the_environment_limits_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTS_MEMORY_LIMIT", "300MiB")
    with engine(tmp_path) as con:
        limit = con.execute("select current_setting('memory_limit')").fetchall()
    assert limit == [("300.0 MiB",)]


def test_a_limit_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTACTS_MEMORY_LIMIT", "plenty")
    with pytest.raises(MemoryLimitError, match="CONTACTS_MEMORY_LIMIT: 'plenty'"), engine(tmp_path):
        pass
