"""What a push came to is in the warehouse: once, whole, and with no more than its own rights."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlglot import exp

from contacts_pipeline import doctor, steps
from contacts_pipeline.finding import Finding
from contacts_pipeline.sandbox import RunningSandbox, running_sandbox
from contacts_pipeline.warehouse import Replacement, open_writer
from contacts_pipeline.warehouse.bigquery import BigQueryDialect
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.duck import DuckDialect
from contacts_pipeline.warehouse.postgres import PostgresDialect
from contacts_pipeline.warehouse.snowflake import SnowflakeDialect
from contacts_pipeline.warehouse.statements import Statements
from contacts_pipeline.write_back import TABLES
from contacts_pipeline.write_back.tables import COUNTS
from tests.push.project import Project, people, person, wide
from tests.warehouse.warehouses import PostgresWarehouse

STAGES: set[steps.Stage] = {
    "upsert_plan",
    "contact_upserts",
    "upsert_outcomes",
    "warehouse_outcomes",
}
SCRIPT = Path(__file__).parents[2] / "docs" / "grants" / "write_back.sql"
RIGHTS = [
    ("insert", "contacts_pipeline.conflicts"),
    ("delete", "contacts_pipeline.outcomes"),
    ("select", "contacts_pipeline.pushes"),
    ("usage", "schema contacts_pipeline"),
]
ROWS = [
    *people(3),
    person(3, phone="+1 212 555 0000"),  # that of the first
    person(4, email="", phone="12"),
    person(5, phone="12"),
]


class WrittenProject(Project):
    """A project that writes its outcomes back."""

    write_back: dict[str, str] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        return super().settings | {"write_back": self.write_back}

    def run(
        self, run_id: str, stages: set[steps.Stage] = STAGES
    ) -> dict[str, steps.Written | steps.Unwritten]:
        """A push; what came of writing it back, by location."""
        return {
            location: step
            for location, step in steps.advance(
                self.prepare(), [one["id"] for one in self.locations], run_id, stages=stages
            )
            if isinstance(step, steps.Written | steps.Unwritten)
        }


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    with running_sandbox(wide()) as crm:
        yield crm


@pytest.fixture
def project(tmp_path: Path, crm: RunningSandbox, postgres_url: str) -> WrittenProject:
    found = WrittenProject(tmp_path, crm.url)
    found.write_back = {"url": postgres_url}
    found.write(ROWS)
    return found


Sql = Callable[..., list[Any]]


@pytest.fixture
def sql(postgres_url: str, tmp_path: Path) -> Iterator[Sql]:
    """Statements of the warehouse's owner."""
    warehouse = PostgresWarehouse(postgres_url, tmp_path)
    yield warehouse.sql
    warehouse.engine.dispose()


def written(result: dict[str, steps.Written | steps.Unwritten]) -> dict[str, int]:
    (step,) = result.values()
    assert isinstance(step, steps.Written), step
    return dict(step.rows)


def told(result: dict[str, steps.Written | steps.Unwritten]) -> str:
    (step,) = result.values()
    assert isinstance(step, steps.Unwritten), step
    return step.told


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


def test_a_warehouse_that_is_down_leaves_the_push_done(
    project: WrittenProject, crm: RunningSandbox, postgres_url: str, sql: Sql
) -> None:
    project.write_back = {"url": "postgresql://ann@127.0.0.1:9/none"}
    project.write(ROWS)
    assert "it can't be reached; check host, port and network" in told(project.run("x"))
    assert len(crm.contacts()) == 5
    sent = crm.count("upsert")
    project.write_back = {"url": postgres_url}
    project.write(ROWS)
    assert written(project.run("y", {"warehouse_outcomes"}))["outcomes"] == 5
    assert sql("select run_id, created from contacts_pipeline.pushes") == [("x", 5)]
    assert crm.count("upsert") == sent


def test_the_rights_of_the_script_suffice_and_a_missing_one_is_named(
    project: WrittenProject, postgres_url: str, sql: Sql
) -> None:
    sql(SCRIPT.read_text().replace(":password", "'secret'"))
    sql("create table secrets (value text)")
    project.write_back = {"url": postgres_url.replace("//postgres:@", "//contacts_writer:secret@")}
    project.write(ROWS)
    try:
        assert written(project.run("one"))["outcomes"] == 5
        for number, (right, thing) in enumerate(RIGHTS):
            sql(f"revoke {right} on {thing} from contacts_writer")
            lacks = f"lacks {right} on {thing}"
            remedy = f"; grant {right} on {thing} to it (docs/grants/write_back.sql"
            assert lacks + remedy in told(project.run(f"two-{number}")).replace('"', "")
            found = doctor.examine(project.workspace)
            assert any(lacks in one.told.replace('"', "") for one in found)
            sql(f"grant {right} on {thing} to contacts_writer")
        assert sql("select run_id from contacts_pipeline.pushes") == [("one",)], "all or nothing"
        may_read = "select has_table_privilege('contacts_writer', 'secrets', 'select')"
        assert sql(may_read) == [(False,)]
    finally:
        sql("drop owned by contacts_writer")
        sql("drop role contacts_writer")


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


def test_doctor_tries_it_and_leaves_nothing(
    project: WrittenProject, sql: Sql, postgres_url: str
) -> None:
    def findings() -> dict[str, Finding]:
        return {one.code: one for one in doctor.examine(project.workspace)}

    told = findings()["write_back_possible"].told
    assert told.startswith("may be written; the first push makes conflicts, contact_ids,")
    assert sql("select 1 from pg_namespace where nspname = 'contacts_pipeline'") == []
    project.run("one")
    counted = sql("select count(*) from contacts_pipeline.outcomes")
    assert findings()["write_back_possible"].told == "every table may be written"
    assert counted == sql("select count(*) from contacts_pipeline.outcomes")
    sql(
        "alter database "
        + postgres_url.split("?", maxsplit=1)[0].rsplit("/", 1)[1]
        + " set default_transaction_read_only = on"
    )
    refused = findings()["warehouse_unreadable"]
    assert refused.level == "error"
    assert (refused.told, refused.remedy) == (
        "the login can only read",
        "name one that may write to these tables in write_back.url",
    )


@pytest.mark.parametrize(("at", "until"), [("conflicts", "outcomes"), ("pushes", "contact_ids")])
def test_kill_9_halfway_leaves_nothing_of_it_and_writing_again_all(
    project: WrittenProject, sql: Sql, postgres_url: str, at: str, until: str
) -> None:
    """Killed while it waits to write ``at``, when ``until`` is written and not committed."""
    project.run("one")
    project.write([person(number, city="Oslo") for number in range(4)])
    project.push()
    warehouse = PostgresWarehouse(postgres_url, project.folder)
    with warehouse.engine.connect() as holder, holder.begin():
        holder.exec_driver_sql("begin")
        holder.exec_driver_sql(f"lock table contacts_pipeline.{at} in share mode")
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(project.folder)],
            env=os.environ | project.environ,
        )
        wait_until(lambda: waits_for_the_lock(sql))
        assert sql(HAS_WRITTEN, table=until)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        holder.exec_driver_sql("rollback")
    warehouse.engine.dispose()
    assert sql("select distinct run_id from contacts_pipeline.outcomes") == [("one",)]
    assert written(project.run("later", {"warehouse_outcomes"}))["outcomes"] == 4
    assert sql("select count(*) from contacts_pipeline.pushes") == [(2,)]


HAS_WRITTEN = """
select 1 from pg_locks where relation = cast('contacts_pipeline.' || :table as regclass)
    and mode = 'RowExclusiveLock' and granted
"""
WRITE = """
import sys
from pathlib import Path
from contacts_pipeline import steps
from contacts_pipeline.workspace import Workspace
folder = Path(sys.argv[1])
workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
for _ in steps.advance(workspace, ["acme"], "killed", stages={"warehouse_outcomes"}):
    pass
"""


def test_writers_of_the_same_rows_at_once_double_nothing(project: WrittenProject, sql: Sql) -> None:
    columns = TABLES["rejections"]
    whose = {"location_id": "acme", "crm": "c"}
    row = whose | {"run_id": "one", "source_key": "k", "whole_row": True}
    rows = pa.Table.from_pylist([row] * 20_000, schema=columns)
    settings = project.workspace.settings

    def write(_number: int) -> None:
        with open_writer(settings) as writer:
            writer.replace([Replacement("rejections", rows, whose | {"run_id": "one"})], whose)

    write(0)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(8)))
    assert sql("select count(*) from contacts_pipeline.rejections") == [(20_000,)]


def test_a_table_with_other_columns_is_told_and_left_alone(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    project = WrittenProject(tmp_path, crm.url)
    place = tmp_path / "shop.duckdb"
    project.write_back = {"url": str(place)}
    project.write(ROWS)
    with duckdb.connect(str(place)) as con:
        con.execute(
            "create schema contacts_pipeline; create table contacts_pipeline.pushes (a int)"
        )
    assert "a table there has other columns; rename it" in told(project.run("one"))
    with duckdb.connect(str(place)) as con:
        con.execute("alter table contacts_pipeline.pushes rename to mine")
    assert written(project.run("two", {"warehouse_outcomes"}))["outcomes"] == 5


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


def waits_for_the_lock(sql: Sql) -> bool:
    return bool(sql("select 1 from pg_locks where not granted"))


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
