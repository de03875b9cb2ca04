"""What doctor says of a PostgreSQL before its contacts are read, each with what to do."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.finding import Finding
from contacts_pipeline.warehouse import examine
from contacts_pipeline.warehouse.postgres_uri import tls_mode
from tests.warehouse.warehouses import PostgresWarehouse, Warehouse


def findings(warehouse: Warehouse) -> dict[str, Finding]:
    found = list(examine(warehouse.settings(), warehouse.folder / "scratch"))
    assert all(one.remedy for one in found if one.level != "ok")
    return {one.code: one for one in found}


def warnings(warehouse: Warehouse) -> set[str]:
    return {one.code for one in findings(warehouse).values() if one.level == "warning"}


@pytest.fixture
def reader(warehouse: PostgresWarehouse) -> Iterator[PostgresWarehouse]:
    """The warehouse as its owner; its ``url`` is a login's that may only read."""
    owner = PostgresWarehouse(warehouse.url, warehouse.folder)
    owner.sql("create role only_reads login")
    owner.sql("grant select on customers to only_reads")
    warehouse.url = warehouse.url.replace("postgres:@", "only_reads:@", 1)
    yield warehouse
    owner.sql("drop owned by only_reads")
    owner.sql("drop role only_reads")
    owner.engine.dispose()


def test_all_is_well(reader: PostgresWarehouse) -> None:
    reader.sql("insert into customers (id) values ('1'), ('2')")
    found = findings(reader)
    assert {one.level for one in found.values()} == {"ok"}
    assert found["keys_unique"].told == "2 rows, each with its own key"
    assert "a statement may take 3600 s" in found["contacts_readable"].told
    assert found["warehouse_encrypted"].told == "on this machine"


def test_keys_that_repeat_or_are_missing_are_counted(reader: PostgresWarehouse) -> None:
    reader.sql("alter table customers drop constraint customers_pkey")
    reader.sql("alter table customers alter id drop not null")
    reader.sql("insert into customers (id) values ('1'), ('1'), ('1'), ('2'), (null)")
    told = findings(reader)["keys_not_unique"].told
    assert told.startswith("of 5 rows 1 have no key and 2 repeat another's")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("timestamp", "updated_at_no_zone"),
        ("text", "updated_at_no_time"),
        ("date", None),
        ("timestamptz", None),
    ],
)
def test_the_type_of_updated_at(reader: PostgresWarehouse, kind: str, code: str | None) -> None:
    reader.sql(f"alter table customers alter updated_at type {kind} using null")
    assert warnings(reader) == ({code} if code else set())


def test_a_file_whose_times_name_no_zone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    columns = "1 as id, 'acme' as location, timestamp '2026-01-01' as updated_at, 'x' as email"
    duckdb.execute(f"copy (select {columns}, '' as city) to '{tmp_path}/shop/customers.parquet'")
    assert warnings(Warehouse(f"{tmp_path}/shop", tmp_path)) == {"updated_at_no_zone"}


def test_a_login_that_could_write(warehouse: PostgresWarehouse) -> None:
    assert warnings(warehouse) == {"login_may_write"}


def test_keys_that_can_not_be_counted_in_time(reader: PostgresWarehouse) -> None:
    reader.contacts |= {"table": None, "query": "select c.* from customers c, pg_sleep(5)"}
    reader.warehouse["timeout_seconds"] = 0.3
    with pytest.raises(WarehouseError, match=r"warehouse\.timeout_seconds; raise it"):
        findings(reader)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"table": "custmers"}, "there is no table 'custmers'; did you mean 'customers'?"),
        ({"key": "idd"}, "has no column 'idd'; did you mean 'id'?"),
        ({"updated_at": "update_at"}, "no column 'update_at'; did you mean 'updated_at'?"),
        ({"fields": {"email": "e_mail"}}, "no column 'e_mail'; did you mean 'email'?"),
    ],
)
def test_what_is_not_there_is_told_with_the_nearest_name(
    reader: PostgresWarehouse, change: dict[str, object], told: str
) -> None:
    reader.contacts |= change
    with pytest.raises(WarehouseError) as caught:
        findings(reader)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("postgresql://db.example/shop", "verify-full"),
        ("postgresql://db.example/shop?sslmode=require", "require"),
        ("postgresql://localhost/shop?sslmode=require", None),
    ],
)
def test_whether_the_server_is_who_it_says(url: str, mode: str | None) -> None:
    assert tls_mode(url) == mode
