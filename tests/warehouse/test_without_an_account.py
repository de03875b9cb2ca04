"""Snowflake and BigQuery as far as one gets without an account.

Their drivers are asked to connect where nobody listens. The SQL made for them is parsed by
sqlglot as theirs, and what it means is seen in DuckDB, into whose SQL sqlglot brings it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot
import trustme

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.bigquery import BigQueryDialect
from contacts_pipeline.warehouse.dialect import Column, Dialect
from contacts_pipeline.warehouse.query import contacts_query
from contacts_pipeline.warehouse.reader import QueryRefusedError
from contacts_pipeline.warehouse.snowflake import SnowflakeDialect
from tests.warehouse.warehouses import Warehouse

DIALECTS = [SnowflakeDialect(), BigQueryDialect()]
CUSTOMERS = """
create table "CUSTOMERS" as
select unnest([1, 2, 3]) as "ID", 'acme' as "LOCATION", 'Ann@Example.com' as "E`Ma""il\\",
    unnest([timestamptz '2026-01-02 03:04:05Z', '2026-01-01 00:00:00Z', null]) as "UPDATED_AT",
    ['a', 'b'] as "TAGS"
"""


class Transpiled:
    """A warehouse whose SQL is another's; only what that other's parser takes is run."""

    place, reads_changes = "here", True

    def __init__(self, con: duckdb.DuckDBPyConnection, dialect: Dialect) -> None:
        self.dialect = dialect
        self._con = con

    def run(self, query: str) -> pa.Table:
        (statement,) = sqlglot.transpile(query, read=self.dialect.name, write="duckdb")
        return self._con.sql(statement).to_arrow_table()

    def describe(self, query: str) -> list[Column]:
        try:
            schema = self.run(f"select * from ({query}) as described where 1 = 0").schema
        except duckdb.Error as error:
            raise QueryRefusedError(str(error)) from None
        return [Column(field.name, str(field.type)) for field in schema]

    def tables(self) -> list[str]:
        return ["CUSTOMERS"]

    @contextmanager
    def stream(self, query: str) -> Iterator[Any]:
        yield self.run(query).to_reader()


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def transpiled(request: pytest.FixtureRequest) -> Iterator[Transpiled]:
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(CUSTOMERS)
        yield Transpiled(con, request.param)


def contacts(**fields: str) -> dict[str, Any]:
    return {
        "table": "CUSTOMERS",
        "key": "ID",
        "location": "LOCATION",
        "updated_at": "UPDATED_AT",
        "fields": fields,
    }


def test_the_sql_is_the_warehouses_own_and_reads_what_is_meant(
    transpiled: Transpiled, tmp_path: Path
) -> None:
    named = contacts(email='E`Ma"il\\', tags="TAGS", city="case when ID > 1 then 'Bonn' end -- why")
    query = contacts_query(transpiled, Warehouse("", tmp_path, named).settings())
    rows = transpiled.run(query.select()).sort_by("source_key").to_pylist()
    assert rows[0].pop("updated_at_raw").startswith("2026-01-02 03:04:05")
    tags = rows[0].pop("tags")
    if transpiled.dialect.name == "bigquery":  # Snowflake's own cast gives JSON, DuckDB's doesn't
        assert json.loads(tags) == ["a", "b"]
    expected = {"source_key": "1", "location_id": "acme", "email": "Ann@Example.com", "city": None}
    assert rows[0] == expected
    assert [row["city"] for row in rows] == [None, "Bonn", "Bonn"]


def test_what_changed_is_asked_for_by_time(transpiled: Transpiled, tmp_path: Path) -> None:
    query = contacts_query(transpiled, Warehouse("", tmp_path, contacts(email="ID")).settings())
    since = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    found = transpiled.run(query.changed_since(transpiled, since))["source_key"].to_pylist()
    assert sorted(found) == ["1", "3"], "the time itself, and a row without one"


def test_a_name_can_be_nothing_else(transpiled: Transpiled, tmp_path: Path) -> None:
    for name in ('ID" from CUSTOMERS --', "ID` from CUSTOMERS --", "ID\\` from CUSTOMERS --"):
        meant = contacts(email="ID") | {"key": name}
        with pytest.raises(WarehouseError, match=r"contacts\.key: 'CUSTOMERS' has no column"):
            contacts_query(transpiled, Warehouse("", tmp_path, meant).settings())
        quoted = transpiled.dialect.quoted(name)
        (parsed,) = sqlglot.parse(f"select {quoted} from t", read=transpiled.dialect.name)
        assert parsed is not None
        assert parsed.find(sqlglot.exp.Column).name == name  # type: ignore[union-attr]


def test_statements_of_the_session_are_snowflakes() -> None:
    for statement in SnowflakeDialect(1.5).session:
        assert sqlglot.parse_one(statement, read="snowflake")


def trouble(url: str, folder: Path) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        Warehouse(url, folder, warehouse={"timeout_seconds": 2}).extract()
    assert "\n" not in str(caught.value)
    assert "s3cret" not in str(caught.value)
    return caught.value


def test_nobody_listens_for_snowflake(tmp_path: Path) -> None:
    options = "account=acme&protocol=http&warehouse=w&loginTimeout=1"
    error = trouble(f"snowflake://ann:s3cret@127.0.0.1:1/shop/public?{options}", tmp_path)
    assert error.kind == "unreachable"
    assert str(error).startswith(
        "warehouse snowflake://127.0.0.1:1/shop/public?warehouse=w: it can"
    )


def test_nobody_listens_for_bigquery(tmp_path: Path) -> None:
    """Google's client would try for ever."""
    key = trustme.CA().issue_cert("acme", key_type=trustme.KeyType.RSA).private_key_pem.bytes()
    login = {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "s3cret",
        "private_key": key.decode(),
        "client_email": "ann@acme.example",
        "client_id": "1",
        "token_uri": "http://127.0.0.1:1/token",
    }
    file = tmp_path / "login.json"
    file.write_text(json.dumps(login))
    error = trouble(f"bigquery://acme/shop?credentials={file}", tmp_path)
    assert error.kind == "unreachable"
    assert str(error).startswith("warehouse bigquery://acme/shop: it can't be reached;")


def test_bigquery_without_credentials(tmp_path: Path) -> None:
    file = tmp_path / "none.json"
    file.write_text("{}")
    assert trouble(f"bigquery://acme/shop?credentials={file}", tmp_path).kind == "login"
