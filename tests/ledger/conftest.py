"""A ledger of each kind of database, for what both must do alike."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts_pipeline.ledger import Ledger
from tests.ledger.test_ledger import CRM


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    else:
        url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    opened = Ledger(url, CRM, "key")
    yield opened
    opened.close()
