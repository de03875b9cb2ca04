"""What a user reads when PostgreSQL does not answer: one line, the thing, the remedy, no value."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from contacts_pipeline.errors import WarehouseError
from tests.warehouse.warehouses import PostgresWarehouse


def trouble(warehouse: PostgresWarehouse) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        warehouse.extract()
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    return caught.value


def login(warehouse: PostgresWarehouse, name: str) -> None:
    """A login without rights, used from now on."""
    warehouse.sql(f"drop role if exists {name}")
    warehouse.sql(f"create role {name} login password 's3cret'")
    warehouse.url = warehouse.url.replace("postgres:@", f"{name}:s3cret@", 1)


@contextmanager
def locked(warehouse: PostgresWarehouse) -> Iterator[None]:
    with warehouse.engine.connect().execution_options(isolation_level="READ COMMITTED") as held:
        held.exec_driver_sql("begin; lock table customers in access exclusive mode")
        yield
        held.exec_driver_sql("rollback")


def test_a_revoked_grant(warehouse: PostgresWarehouse) -> None:
    owner = PostgresWarehouse(warehouse.url, warehouse.folder)
    login(warehouse, "reader")
    owner.sql("grant select on customers to reader")
    assert warehouse.extract() is not None
    owner.sql("revoke select on customers from reader")
    error = trouble(warehouse)
    assert error.kind == "denied"
    assert "grant select" in str(error)
    owner.sql("drop owned by reader")
    owner.sql("drop role reader")
    owner.engine.dispose()


def test_an_unknown_login_and_database(warehouse: PostgresWarehouse) -> None:
    good = warehouse.url
    warehouse.url = good.replace("postgres:@", "nobody:s3cret@", 1)
    assert trouble(warehouse).kind == "login"
    warehouse.url = good.replace("/test_", "/lost_", 1)
    assert trouble(warehouse).kind == "no_database"


def test_a_wrong_password(warehouse: PostgresWarehouse) -> None:
    owner = PostgresWarehouse(warehouse.url, warehouse.folder)
    login(warehouse, "guarded")
    owner.sql("grant select on customers to guarded")
    assert warehouse.extract() is not None
    warehouse.url = warehouse.url.replace(":s3cret@", ":not-s3cret@", 1)
    error = trouble(warehouse)
    assert error.kind == "login"
    assert "check the user and password" in str(error)
    warehouse.url = warehouse.url.replace(":not-s3cret@", "@", 1)
    assert trouble(warehouse).kind == "login"
    owner.sql("drop owned by guarded")
    owner.sql("drop role guarded")
    owner.engine.dispose()


def test_nobody_listens(warehouse: PostgresWarehouse) -> None:
    warehouse.url = "postgresql://ann:s3cret@127.0.0.1:1/shop?password=s3cret"
    error = trouble(warehouse)
    assert error.kind == "unreachable"
    assert str(error).startswith("warehouse postgresql://127.0.0.1:1/shop: it can't be reached;")


def test_a_statement_that_takes_too_long(warehouse: PostgresWarehouse) -> None:
    warehouse.sql("insert into customers (id) values ('1')")
    warehouse.contacts["fields"] = {"email": "pg_sleep(5)"}
    warehouse.warehouse["timeout_seconds"] = 0.2
    error = trouble(warehouse)
    assert error.kind == "timeout"
    assert "warehouse.timeout_seconds" in str(error)


def test_a_table_that_somebody_holds(warehouse: PostgresWarehouse) -> None:
    warehouse.warehouse["timeout_seconds"] = 0.3
    with locked(warehouse):
        assert trouble(warehouse).kind == "locked"
    assert warehouse.extract() is not None


def test_a_connection_that_is_cut_halfway_leaves_the_snapshot_as_it_was(
    warehouse: PostgresWarehouse,
) -> None:
    warehouse.sql("insert into customers (id, email) values ('1', 'a@b.example')")
    warehouse.extract()
    before = warehouse.snapshot.read_bytes()
    warehouse.sql(
        "insert into customers select n, 'acme', now(), repeat('x', 500) || n "
        "from generate_series(2, 200000) n"
    )
    with ThreadPoolExecutor(1) as threads:
        cut = threads.submit(cut_the_read, warehouse)
        error = trouble(warehouse)
    assert cut.result()
    assert error.kind == "dropped"
    assert "run again" in str(error)
    assert warehouse.snapshot.read_bytes() == before
    assert [path.name for path in warehouse.folder.iterdir()] == [warehouse.snapshot.name]


def cut_the_read(warehouse: PostgresWarehouse) -> bool:
    """Terminate the backend once it sends rows; it does so until the reader has taken all."""
    for _ in range(10_000):
        if warehouse.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'contacts-pipeline' and wait_event = 'ClientWrite'"
        ):
            return True
        time.sleep(0.001)
    return False


def test_a_value_that_an_expression_can_not_take_is_not_shown(warehouse: PostgresWarehouse) -> None:
    warehouse.sql("insert into customers (id, email) values ('1', 'ann@secret.example')")
    warehouse.contacts["fields"] = {"email": "email::int"}
    error = trouble(warehouse)
    assert error.kind == "value"
    assert "ann@" not in str(error)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"table": "customer"}, "contacts.table: there is no table 'customer'; did you mean"),
        ({"table": "customers; drop table customers"}, "contacts.table: there is no table"),
        ({"table": "a..b"}, "'a..b' is no name of a table"),
        ({"key": "id) from customers --"}, "contacts.key: 'customers' has no column"),
        ({"updated_at": "updatedat"}, "no column 'updatedat'; did you mean 'updated_at'?"),
        ({"fields": {"email": "emial"}}, "contacts.fields.email: 'customers' has no column"),
        ({"fields": {"email": "lower(emial)"}}, "contacts.fields.email: column"),
        ({"fields": {"email": "email; drop table customers"}}, "is not one SQL expression"),
        ({"fields": {"email": "email) from pg_shadow; --"}}, "is not one SQL expression"),
    ],
)
def test_what_the_settings_name_wrongly(
    warehouse: PostgresWarehouse, change: dict[str, object], told: str
) -> None:
    warehouse.contacts |= change
    assert told in str(trouble(warehouse))
    assert warehouse.sql("select count(*) from customers") == [(0,)]


def test_nothing_can_be_written_while_it_is_read(warehouse: PostgresWarehouse) -> None:
    warehouse.sql(
        "create function spoil() returns text language sql volatile as "
        "$$ insert into customers (id) values ('new') returning id $$"
    )
    warehouse.sql("insert into customers (id) values ('1')")
    warehouse.contacts["fields"] = {"email": "spoil()"}
    assert "read-only" in str(trouble(warehouse))
    assert warehouse.sql("select count(*) from customers") == [(1,)]
