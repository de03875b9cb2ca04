"""What a push came to is in the warehouse: once, whole, and explained."""

import re
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.warehouse.bigquery import BigQueryDialect
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.duck import DuckDialect
from contacts_pipeline.warehouse.postgres import PostgresDialect
from contacts_pipeline.warehouse.snowflake import SnowflakeDialect
from contacts_pipeline.warehouse.statements import Statements
from contacts_pipeline.write_back import TABLES
from contacts_pipeline.write_back.tables import COUNTS
from tests.push.project import person
from tests.write_back.project import ROWS, SCRIPT, Sql, WrittenProject, written

pytestmark = pytest.mark.slow


def test_outcomes_conflicts_rejections_and_ids_are_there(
    project: WrittenProject, crm: RunningSandbox, sql: Sql
) -> None:
    assert written(project.run("one")) == {
        "outcomes": 5,
        "conflicts": 1,
        "rejections": 3,
        "contact_ids": 5,
        "pushes": 1,
    }
    assert sql(
        "select run_id, crm, location_id, status, extracted, rejected, created "
        "from contacts_pipeline.pushes"
    ) == [("one", crm.url, "acme", "ok", 6, 1, 5)]
    assert set(sql("select source_key, outcome, code from contacts_pipeline.outcomes")) == {
        (f"acme-{number}", "created", None) for number in (0, 1, 2, 3, 5)
    }
    (conflict,) = sql("select source_key, code, field, holder from contacts_pipeline.conflicts")
    assert tuple(conflict) == ("acme-3", "shared_phone", "phone", "acme-0")
    assert set(
        sql("select source_key, code, masked_value, whole_row from contacts_pipeline.rejections")
    ) == {
        ("acme-4", "no_match_field", "***", True),
        ("acme-4", "phone_invalid", "***", False),
        ("acme-5", "phone_invalid", "***", False),
    }
    ids = dict(map(tuple, sql("select source_key, contact_id from contacts_pipeline.contact_ids")))
    by_email = {one["email"]: one["id"] for one in crm.contacts()}
    assert ids == {f"acme-{n}": by_email[f"p{n}@acme.example.com"] for n in (0, 1, 2, 3, 5)}


def test_every_table_and_column_is_explained() -> None:
    page = (SCRIPT.parents[1] / "warehouses.md").read_text(encoding="utf-8")
    place = {"run_id", "crm", "location_id"}
    for table, columns in TABLES.items():
        (line,) = [line for line in page.splitlines() if line.startswith(f"| `{table}` |")]
        told = COUNTS if "the counts and requests" in line else ()
        assert set(columns.names) - place - set(told) == set(re.findall(r"`(\w+)`", line)) - {table}


def test_runs_are_appended_and_the_ids_kept_up_to_date(project: WrittenProject, sql: Sql) -> None:
    project.run("one")
    project.write([person(0), person(1, city="Oslo"), person(2), person(6)])
    assert written(project.run("two"))["outcomes"] == 2
    per_run = "select run_id, count(*) from contacts_pipeline.pushes group by 1 order by 1"
    assert sql(per_run) == [("one", 1), ("two", 1)]
    keys = {key for (key,) in sql("select source_key from contacts_pipeline.contact_ids")}
    assert keys >= {"acme-1", "acme-6"}
    assert sql("select distinct run_id from contacts_pipeline.contact_ids") == [("two",)]


def test_what_is_unchanged_is_counted_and_not_listed(project: WrittenProject, sql: Sql) -> None:
    project.run("one")
    rows = written(project.run("two"))
    assert rows["outcomes"] == 0
    assert "contact_ids" not in rows, "nothing is known that was not known before"
    assert sql("select unchanged from contacts_pipeline.pushes where run_id = 'two'") == [(5,)]


def test_writing_again_doubles_nothing_and_asks_the_crm_nothing(
    project: WrittenProject, crm: RunningSandbox, sql: Sql
) -> None:
    project.run("one")
    tables = ("pushes", "outcomes", "conflicts", "rejections", "contact_ids")
    counts = {name: sql(f"select count(*) from contacts_pipeline.{name}") for name in tables}
    asked = crm.count()
    assert written(project.run("later", {"warehouse_outcomes"}))["outcomes"] == 5
    assert crm.count() == asked
    assert counts == {
        name: sql(f"select count(*) from contacts_pipeline.{name}") for name in tables
    }


@pytest.mark.parametrize("url", ["outcomes.duckdb", "outcomes"])
def test_a_file_and_a_folder_take_them_too(tmp_path: Path, crm: RunningSandbox, url: str) -> None:
    project = WrittenProject(tmp_path, crm.url)
    place = tmp_path / url
    project.write_back = {"url": str(place), "schema": "crm"}
    project.write(ROWS)
    project.run("one")
    project.run("two")
    again = written(project.run("again", {"warehouse_outcomes"}))
    assert again["pushes"] == 1
    if place.is_dir():
        outcomes = pq.read_table(place / "crm" / "outcomes").to_pylist()
        pushes = pq.read_table(place / "crm" / "pushes").to_pylist()
    else:
        with duckdb.connect(str(place), read_only=True) as con:
            outcomes = con.sql("from crm.outcomes").to_arrow_table().to_pylist()
            pushes = con.sql("from crm.pushes").to_arrow_table().to_pylist()
    assert sorted((row["run_id"], row["source_key"]) for row in outcomes) == [
        ("one", f"acme-{number}") for number in (0, 1, 2, 3, 5)
    ]
    assert sorted((row["run_id"], row["unchanged"]) for row in pushes) == [("one", 0), ("two", 5)]


def test_without_the_section_nothing_is_written(project: WrittenProject, sql: Sql) -> None:
    project.write_back = None
    project.write(ROWS)
    project.push()
    found = sql("select count(*) from pg_namespace where nspname = 'contacts_pipeline'")
    assert found == [(0,)]


@pytest.mark.parametrize(
    "dialect", [PostgresDialect(), SnowflakeDialect(), BigQueryDialect(), DuckDialect()]
)
def test_what_is_said_is_sql_of_that_warehouse(dialect: Dialect) -> None:
    said = Statements(dialect, "contacts_pipeline")
    where = {"run_id": "it's \\' or 1 = 1 --", "location_id": "acme"}
    for table, columns in TABLES.items():
        for statement in (
            said.create_table(table, columns),
            said.look(table),
            said.delete(table, where),
            said.largest("pushes", "ledger_version", where),
            *said.wait_for_turn(where),
        ):
            (parsed,) = sqlglot.parse(statement, read=dialect.name)
            assert parsed
            assert not isinstance(parsed, exp.Command), "not understood"
            if parsed.find(exp.Where) and "run_id" in statement.lower():
                literals = {one.this for one in parsed.find_all(exp.Literal) if one.is_string}
                assert where["run_id"] in literals
