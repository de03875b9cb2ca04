"""A warehouse that is down or refuses, and a writer that is killed: the whole of it, or nothing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from contacts_pipeline import doctor
from contacts_pipeline.finding import Finding
from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.warehouse import Replacement, open_writer
from contacts_pipeline.write_back import TABLES
from tests.push.project import person
from tests.warehouse.warehouses import PostgresWarehouse
from tests.write_back.project import ROWS, SCRIPT, Sql, WrittenProject, told, written

RIGHTS = [
    ("insert", "contacts_pipeline.conflicts"),
    ("delete", "contacts_pipeline.outcomes"),
    ("select", "contacts_pipeline.pushes"),
    ("usage", "schema contacts_pipeline"),
]


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


@pytest.mark.slow
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


@pytest.mark.slow
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


def waits_for_the_lock(sql: Sql) -> bool:
    return bool(sql("select 1 from pg_locks where not granted"))


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
