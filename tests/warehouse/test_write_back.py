"""What a push came to is in the warehouse: once, whole, and with no more than its own rights."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from contacts_pipeline import doctor, steps
from contacts_pipeline.finding import Finding
from contacts_pipeline.sandbox import RunningSandbox, running_sandbox
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
        sql("revoke insert on contacts_pipeline.conflicts from contacts_writer")
        assert told(project.run("two")).endswith(
            "the login may not write there; docs/warehouses.md has the script that makes the "
            "tables and grants the rights"
        )
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


def test_kill_9_halfway_leaves_nothing_of_it_and_writing_again_all(
    project: WrittenProject, sql: Sql, postgres_url: str
) -> None:
    project.run("one")
    project.write([person(number, city="Oslo") for number in range(4)])
    project.push()
    warehouse = PostgresWarehouse(postgres_url, project.folder)
    with warehouse.engine.connect() as holder, holder.begin():
        holder.exec_driver_sql("begin")
        holder.exec_driver_sql("lock table contacts_pipeline.pushes in access exclusive mode")
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(project.folder)],
            env=os.environ | project.environ,
        )
        wait_until(lambda: waits_for_the_lock(sql))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        holder.exec_driver_sql("rollback")
    warehouse.engine.dispose()
    assert sql("select distinct run_id from contacts_pipeline.outcomes") == [("one",)]
    assert written(project.run("later", {"warehouse_outcomes"}))["outcomes"] == 4
    assert sql("select count(*) from contacts_pipeline.pushes") == [(2,)]


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


def waits_for_the_lock(sql: Sql) -> bool:
    return bool(sql("select 1 from pg_locks where not granted"))


def wait_until(reached: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
