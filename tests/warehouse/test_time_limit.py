"""``warehouse.timeout_seconds`` where no server keeps it: files, stores, and any ADBC driver."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

from contacts_pipeline.errors import WarehouseError
from tests.warehouse.warehouses import Warehouse

ENDLESS = """
with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 1e12)
select n as id, 'acme' as location, 'Bonn' as city from numbers
"""
CROSSED = """
select a.range::text || b.range::text as id, 'acme' as location, 'Bonn' as city
from range(1000000) a, range(1000000) b
"""


def stopped(url: str, folder: Path, query: str) -> WarehouseError:
    contacts = {"table": None, "query": query, "updated_at": None, "fields": {"city": "city"}}
    warehouse = Warehouse(url, folder, contacts, {"timeout_seconds": 0.5})
    with pytest.raises(WarehouseError) as caught:
        warehouse.extract()
    assert not warehouse.snapshot.exists()
    return caught.value


@pytest.mark.parametrize("kind", ["folder", "store", "duckdb"])
def test_files_are_given_up_in_time(tmp_path: Path, kind: str) -> None:
    (tmp_path / "files").mkdir()
    file = tmp_path / "shop.duckdb"
    duckdb.connect(file).execute("create table customers as select 1 as id").close()
    duckdb.execute(f"copy (select 1 as id) to '{tmp_path}/files/customers.parquet'")
    urls = {"folder": f"{tmp_path}/files", "store": f"file://{tmp_path}/files", "duckdb": str(file)}
    error = stopped(urls[kind], tmp_path, CROSSED)
    assert error.kind == "timeout"
    assert "warehouse.timeout_seconds" in str(error)


def test_an_adbc_driver_is_left_when_its_next_batch_arrives(tmp_path: Path) -> None:
    file = tmp_path / "shop.sqlite"
    sqlite3.connect(file).close()
    assert stopped(f"adbc+sqlite://?uri={file}", tmp_path, ENDLESS).kind == "timeout"


def test_a_query_that_gives_no_row_is_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "shop.duckdb"
    duckdb.connect(file).close()
    nothing = f"select * from ({CROSSED}) where id = 'none'"
    assert stopped(str(file), tmp_path, nothing).kind == "timeout"
