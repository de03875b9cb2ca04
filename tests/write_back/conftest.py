"""A project whose outcomes go to a PostgreSQL of the test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import RunningSandbox, running_sandbox
from tests.push.project import wide
from tests.warehouse.warehouses import PostgresWarehouse
from tests.write_back.project import ROWS, Sql, WrittenProject


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


@pytest.fixture
def sql(postgres_url: str, tmp_path: Path) -> Iterator[Sql]:
    """Statements of the warehouse's owner."""
    warehouse = PostgresWarehouse(postgres_url, tmp_path)
    yield warehouse.sql
    warehouse.engine.dispose()
