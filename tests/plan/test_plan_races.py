"""Stages that another run writes while a plan reads them."""

import itertools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from contacts_pipeline.snapshots import replacing
from tests.plan.bench import Bench
from tests.plan.given import contact, crowd, location


@contextmanager
def written_again_and_again(path: Path, *others: Path) -> Iterator[None]:
    """One after the other takes the place of ``path``, as other runs would write it."""
    contents, done = [one.read_bytes() for one in others], Event()

    def write() -> None:
        for content in itertools.cycle(contents):
            with replacing(path) as part:
                part.write_bytes(content)
            if done.is_set():
                return

    with ThreadPoolExecutor() as pool:
        writing = pool.submit(write)
        try:
            yield
        finally:
            done.set()
        writing.result()


@pytest.mark.slow
def test_a_stage_written_during_a_plan_is_read_as_it_was_or_as_it_is(bench: Bench) -> None:
    one = bench.listed(location(), contact("a", contact_id="a", email="p3@example.com"))
    worlds, plans = [], []
    for number, people in enumerate((crowd(60, "acme"), crowd(300, "acme"))):
        sources = bench.write_stages(people)
        worlds.append(bench.folder / f"world-{number}.parquet")
        shutil.copy(sources.unique_contacts, worlds[-1])
        bench.plan_of(sources, [one])
        plans.append(bench.rows())
    with written_again_and_again(sources.unique_contacts, *worlds):
        for _ in range(12):
            bench.plan_of(sources, [one])
            assert bench.rows() in plans
