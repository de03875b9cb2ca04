"""A bench for each test, and the relations of the plan one by one."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.plan.bench import Bench
from tests.plan.relations import Relation, relation


@pytest.fixture
def out(tmp_path: Path) -> Relation:
    return partial(relation, tmp_path)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    built = Bench.at(tmp_path)
    yield built
    built.ledger.close()
