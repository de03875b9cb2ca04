"""Chaos by seeds, each printed: ``TEST_ROUNDS=100 TEST_SEED=1 uv run pytest -m slow -rP THIS``."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lengths import FIRST_SEED, ROUNDS
from tests.push import chaos
from tests.push.crooked import crooked_processes
from tests.push.pusher import push

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def _preloaded() -> Iterator[None]:
    with crooked_processes(push.__module__):
        yield


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 3 * ROUNDS))
def test_chaos_ends_in_the_state_of_a_faultless_run(tmp_path: Path, seed: int) -> None:
    sys.stdout.write(f"{chaos.run(seed, tmp_path)}\n")


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
def test_chaos_on_postgresql(tmp_path: Path, postgres_url: str, seed: int) -> None:
    sys.stdout.write(f"{chaos.run(seed, tmp_path, postgres_url)}\n")
