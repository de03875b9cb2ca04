"""A bench for each test, the relations of the plan one by one, and a stage for worlds."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import SandboxLocation, SandboxOptions, running_sandbox
from tests.plan.bench import Bench
from tests.plan.relations import Relation, relation
from tests.plan.stage import PLACES, Stage


@pytest.fixture
def out(tmp_path: Path) -> Relation:
    return partial(relation, tmp_path)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with built(tmp_path) as bench:
        yield bench


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    locations = [
        SandboxLocation.model_validate(
            {"id": place, "match": match, "burst_limit": 10**9, "daily_limit": 10**9}
        )
        for place, match in PLACES.items()
    ]
    with (
        running_sandbox(SandboxOptions(locations=tuple(locations))) as crm,
        ThreadPoolExecutor(8) as pool,
        built(tmp_path_factory.mktemp("plans")) as bench,
    ):
        yield Stage(crm, bench, pool)


@contextmanager
def built(folder: Path) -> Iterator[Bench]:
    bench = Bench.at(folder)
    yield bench
    bench.ledger.close()
