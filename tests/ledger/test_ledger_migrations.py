"""A ledger that an older program wrote: taken along step by step, or left as it was."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine

from contacts_pipeline.keyed_hash import fingerprint
from contacts_pipeline.ledger import Ledger, LedgerError, last_pushes, record_push
from contacts_pipeline.ledger.database import open_engine
from contacts_pipeline.ledger.migrations import bring_up_to_date, migrations, newest_version
from tests.push.project import Project, people, person

FROZEN = Path(__file__).parent / "first_schema"
KEY = bytes(32)  # of the hashes in rows.sql
CRM = "http://127.0.0.1:9"  # nobody is there: these tests read nothing of a CRM


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def first(empty: str) -> str:
    """The URL of a ledger as the first program left it."""
    engine = open_engine(empty)
    with engine.begin() as connection:
        for name in (f"{engine.dialect.name}.sql", "rows.sql"):
            for statement in (FROZEN / name).read_text(encoding="utf-8").split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    engine.dispose()
    return empty


def opened(url: str) -> Ledger:
    return Ledger(url, CRM, fingerprint(KEY))


def stored_version(engine: Engine) -> str:
    with engine.connect() as connection:
        query = text("select value from facts where name = 'schema_version'")
        return str(connection.execute(query).scalar_one())


def shape(engine: Engine) -> dict[str, Any]:
    """Tables, columns and indexes, as the database describes them."""
    described = inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"])
                for column in described.get_columns(table)
            },
            "key": described.get_pk_constraint(table)["constrained_columns"],
            "indexes": {
                index["name"]: index["column_names"] for index in described.get_indexes(table)
            },
        }
        for table in described.get_table_names()
    }


def test_first_ledger_is_planned_with(tmp_path: Path, first: str) -> None:
    environ = {"CRM_TOKEN": "pit-sandbox", "CONTACTS_LEDGER_URL": first}
    rows = [*people(2, tags="vip"), person(2, tags="vip", city="Boston"), person(3), person(4)]
    project = Project(tmp_path, CRM, environ=environ).write(rows)
    project.workspace.data.joinpath("hash.key").write_text(KEY.hex(), encoding="ascii")
    project.plan()
    planned = {row["identity"]: row for row in project.planned_rows()}
    assert {name: row["action"] for name, row in planned.items()} == {
        "acme-0": "unchanged",
        "acme-1": "unchanged",
        "acme-2": "update",
        "acme-3": "create",
        "acme-4": "create",
    }
    assert planned["acme-2"]["contact_id"] == "NAau4qCylBW6qKHdPI3E"
    assert planned["acme-3"]["unsettled_identities"] == ["acme-3"]
    with project.ledger() as ledger:
        assert stored_version(ledger.engine) == str(newest_version())
        assert ledger.positions(["acme"])["acme"][:2] == (1, "43e1ebbfb88b6f87")
        assert last_pushes(ledger)["acme"]["run_id"] == "first-run"


def test_last_push_of_the_first_ledger_is_the_one_that_started_last(first: str) -> None:
    """And the next is the last then, whatever its clock says."""
    engine = open_engine(first)
    earlier = (
        "insert into pushes select crm, location_id, 'earlier', plan_id, '2026-11-22 10:00:00', "
        "finished_at, status, reason, report from pushes"
    )
    with engine.begin() as connection:
        connection.execute(text(earlier))
    engine.dispose()
    ledger = opened(first)
    assert last_pushes(ledger)["acme"]["run_id"] == "first-run"
    record_push(
        ledger,
        "acme",
        "next",
        plan_id=None,
        started_at=datetime(2020, 1, 1),  # noqa: DTZ001 - as the ledger holds times
        status="ok",
        reason=None,
        report={},
    )
    assert last_pushes(ledger)["acme"]["run_id"] == "next"
    ledger.close()


def test_taken_along_equals_made_new(tmp_path: Path, first: str) -> None:
    """The tables in ``schema`` and the steps say the same."""
    ledger = opened(first)
    migrated = shape(ledger.engine)
    ledger.close()
    name = "made_new"
    if first.startswith("sqlite"):
        url = f"sqlite:///{tmp_path / name}.sqlite"
    else:
        server = create_engine(
            first.replace("postgresql://", "postgresql+psycopg2://", 1),
            isolation_level="AUTOCOMMIT",
        )
        with server.connect() as connection:
            connection.execute(text("drop schema public cascade"))
            connection.execute(text("create schema public"))
        server.dispose()
        url = first
    new = opened(url)
    assert shape(new.engine) == migrated
    assert stored_version(new.engine) == str(newest_version())
    new.close()


def test_each_version_has_its_step() -> None:
    versions = sorted({step.version for step in migrations()})
    assert versions == list(range(2, newest_version() + 1))
    assert all(step.statements for step in migrations())


def test_half_a_step_is_none(tmp_path: Path, first: str) -> None:
    """A step that fails leaves its version's predecessor, and those before it stay done."""
    steps = tmp_path / "steps"
    steps.mkdir()
    (steps / "0002_good.sql").write_text("create table good (n integer);\n")
    (steps / "0003_bad.sql").write_text(
        "-- Fails;\nalter table facts add column n integer;\ninsert into nowhere values ('%s');\n"
    )
    engine = open_engine(first)
    with pytest.raises(Exception, match="nowhere"), engine.connect() as connection:
        bring_up_to_date(connection, steps)
    assert stored_version(engine) == "2"
    assert "good" in shape(engine)
    assert set(shape(engine)["facts"]["columns"]) == {"name", "value"}
    (steps / "0003_bad.sql").write_text("alter table facts add column n integer;\n")
    migrations.cache_clear()
    with engine.connect() as connection:
        bring_up_to_date(connection, steps)
    assert stored_version(engine) == "3"
    assert set(shape(engine)["facts"]["columns"]) == {"name", "value", "n"}
    engine.dispose()


def test_a_step_for_one_database_is_left_out_in_the_other(tmp_path: Path, first: str) -> None:
    for dialect in ("sqlite", "postgresql"):
        (tmp_path / f"0002_own.{dialect}.sql").write_text(f"create table of_{dialect} (n int);\n")
    engine = open_engine(first)
    with engine.connect() as connection:
        bring_up_to_date(connection, tmp_path)
    assert {name for name in shape(engine) if name.startswith("of_")} == {
        f"of_{engine.dialect.name}"
    }
    engine.dispose()


def test_many_may_open_an_old_ledger_at_once(first: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        for ledger in threads.map(opened, [first] * 8):
            assert stored_version(ledger.engine) == str(newest_version())
            ledger.close()


def test_newer_ledger_is_refused_and_left_as_it_is(first: str) -> None:
    ledger = opened(first)
    with ledger.engine.begin() as connection:
        connection.execute(text("update facts set value = '9999' where name = 'schema_version'"))
    with pytest.raises(LedgerError, match=r"of version 9999.*update contacts-pipeline"):
        opened(first)
    assert stored_version(ledger.engine) == "9999"
    ledger.close()


def test_first_ledger_whose_maker_died_before_it_wrote_a_version(first: str) -> None:
    engine = open_engine(first)
    with engine.begin() as connection:
        connection.execute(text("delete from facts"))
    engine.dispose()
    ledger = opened(first)
    assert stored_version(ledger.engine) == str(newest_version())
    ledger.close()
