"""SIGKILL, every fault and two pushers at once: in the end the CRM is as if nothing had happened.

Each test prints its seed; ``pytest -m slow`` runs many.
"""

import random
import sys
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    running_sandbox,
)
from tests.lengths import ROUNDS
from tests.push.evidence import assert_each_there_once, assert_ledger_equals, sent_again
from tests.push.project import Project, kill_after, people, wait_for, wide

MOST_IN_FLIGHT = 16
APPLIED_BUT_UNTOLD = ("500-after=0.08", "reset-after=0.08", "close-after=0.04")


@pytest.mark.parametrize(
    ("seed", "faults"),
    [
        (1, APPLIED_BUT_UNTOLD),
        *(
            pytest.param(seed, APPLIED_BUT_UNTOLD if seed % 2 else (), marks=pytest.mark.slow)
            for seed in range(2, 2 + 2 * ROUNDS)
        ),
    ],
)
def test_kill_9_loses_nothing_and_sends_few_again(
    tmp_path: Path, seed: int, faults: tuple[str, ...]
) -> None:
    """Of the real command, after a random number of requests in the sandbox's log."""
    chosen = random.Random(seed)
    requests = chosen.randint(1, 55)
    sys.stdout.write(f"seed {seed}: killed after {requests} requests\n")
    with running_sandbox(wide(latency_ms=chosen.choice([0, 20, 100]))) as crm:
        crm.set_faults(*faults, seed=seed)
        project = Project(tmp_path, crm.url).write(people(60))
        with project.pushing_process() as process:
            assert kill_after(process, crm, requests), process.communicate()
            process.communicate()
        killed_at = crm.log()[-1]["seq"]
        report = project.push()["acme"]
        crm.set_faults()
        if report.unknown or report.failed or report.deferred:
            project.push()
        assert_each_there_once(crm, people(60))
        assert_ledger_equals(crm, project)
        again = sent_again(crm.log())
        sys.stdout.write(f"sent again: {again.total()}; killed at {killed_at} of {crm.count()}\n")
        assert again.total() <= MOST_IN_FLIGHT
        if faults:
            assert crm.count("faults") > 0


@pytest.mark.slow
def test_the_same_plan_again_asks_what_became_of_what_was_in_flight(tmp_path: Path) -> None:
    """What the killed push had created without hearing of it is found, not sent again."""
    with running_sandbox(wide(latency_ms=150)) as crm:
        project = Project(tmp_path, crm.url).write(people(60))
        project.prepare()
        with project.light_process() as process:
            assert kill_after(process, crm, random.Random(5).randint(20, 50)), process.communicate()
            process.communicate()
        with project.ledger() as ledger:
            in_doubt = set(ledger.unsettled(["acme"])["identity"].to_pylist())
        assert in_doubt
        assert wait_for(lambda: crm.count("upsert") == len(crm.contacts("acme")))
        report = project.push_the_plan()["acme"]
        assert (report.created + report.unchanged, report.updated, report.unknown) == (60, 0, 0)
        assert not sent_again(crm.log())
        assert crm.count("search_duplicate") == len(in_doubt)
        assert_each_there_once(crm, people(60))
        assert_ledger_equals(crm, project)
