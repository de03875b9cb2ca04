from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warehouse.warehouses import CUSTOMERS, PostgresWarehouse


@pytest.fixture
def warehouse(postgres_url: str, tmp_path: Path) -> Iterator[PostgresWarehouse]:
    """A PostgreSQL with an empty table of customers."""
    found = PostgresWarehouse(postgres_url, tmp_path)
    found.sql(CUSTOMERS)
    yield found
    found.engine.dispose()
