"""SIGKILL, every fault and two pushers at once: in the end the CRM is as if nothing had happened.

Each test prints its seed; ``pytest -m slow`` runs many.
"""

import random
import sys
from collections import Counter
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    Fault,
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)
from tests.lengths import ROUNDS
from tests.push.project import (
    FIELDS,
    Project,
    assert_each_there_once,
    assert_ledger_equals,
    kill_after,
    people,
    person,
    sent_again,
    wait_for,
    wide,
)

MOST_IN_FLIGHT = 16
APPLIED_BUT_UNTOLD = ("500-after=0.08", "reset-after=0.08", "close-after=0.04")
NAMES = ("acme", "bolt", "cave")
LOCATIONS = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in NAMES]
FIRST = [row for name in NAMES for row in people(25, name, tags="vip")]
LATER = [
    person(n, name, tags="vip, late", city="Rome", **({"dnd": "true"} if n % 3 == 0 else {}))
    for name in NAMES
    for n in range(5, 30)
]
SETTLE_SECONDS = 0.8
CHAOS = [
    *(
        Fault.parse(text)
        for text in (
            "500-after=0.04",
            "503-before=0.03",
            "408-after=0.02",
            "504-before=0.02",
            "reset-before=0.03",
            "reset-after=0.04",
            "close-before=0.02",
            "close-after=0.02",
            "truncated=0.02",
            "malformed=0.02",
            "empty=0.02",
            "html=0.02",
            "429=0.04",
        )
    ),
    Fault.parse("slow=0.02").model_copy(update={"seconds": 0.5}),
]


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


def chaotic_crm(seed: int, **options: object) -> SandboxOptions:
    """A CRM that makes twins of concurrent upserts, and whose look-up lags."""
    rules = SandboxRules(concurrent_upserts="twins", search_lag_ms=100, duplicate_search_lags=True)
    locations = tuple(
        SandboxLocation(id=name, burst_limit=1000, interval_ms=1000) for name in NAMES
    )
    return SandboxOptions.model_validate(
        {"locations": locations, "rules": rules, "seed": seed, **options}
    )


def faultless_state(folder: Path) -> object:
    with running_sandbox(chaotic_crm(0)) as crm:
        project = Project(folder, crm.url, locations=LOCATIONS)
        project.write(FIRST).push()
        project.write(LATER).push()
        return contents(crm)


def contents(crm: RunningSandbox) -> object:
    """Every contact's values, as a faultless run would have to give them."""
    kept = (*FIELDS, "dndSettings", "customFields")
    return {
        name: sorted(
            ({key: contact[key] for key in kept} for contact in crm.contacts(name, ids=False)),
            key=lambda contact: contact["email"],
        )
        for name in NAMES
    }


def push_at_random(project: Project, crm: RunningSandbox, chosen: random.Random) -> list[str]:
    """Two pushers at once, each killed after a random number of requests, or left to end."""
    told = []
    with project.light_process() as first, project.light_process() as second:
        for process in (first, second):
            if chosen.random() < 0.75:
                kill_after(process, crm, chosen.randint(1, 60))
        for process in (first, second):
            out, err = process.communicate(timeout=90)
            assert process.returncode in {0, -9}, err
            told.append(out)
    return told


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 2 + 3 * ROUNDS))]
)
def test_chaos_ends_in_the_state_of_a_faultless_run(tmp_path: Path, seed: int) -> None:
    chosen = random.Random(seed)
    wanted = faultless_state(tmp_path / "faultless")
    with running_sandbox(chaotic_crm(seed, latency_ms=chosen.choice([0, 10, 40]))) as crm:
        crm_settings = {"timeout_seconds": 0.35, "settle_seconds": SETTLE_SECONDS, "max_tries": 3}
        project = Project(tmp_path / "chaos", crm.url, locations=LOCATIONS, crm=crm_settings)
        for rows in (FIRST, LATER):
            project.write(rows).prepare()
            rounds = chosen.randint(1, 2) if seed > 1 else int(rows is LATER)
            for number in range(rounds):
                crm.set_faults(*CHAOS, seed=seed * 100 + number)
                push_at_random(project, crm, chosen)
            crm.set_faults()
            project.crm = crm_settings | {"timeout_seconds": 10}
            project.write(rows).push()
            project.crm = crm_settings
        fired = Counter(entry["fault"] for entry in crm.log() if entry["fault"])
        sys.stdout.write(f"seed {seed}: {crm.count()} requests, faults {dict(fired)}\n")
        assert fired
        assert contents(crm) == wanted
        project.crm = crm_settings | {"timeout_seconds": 10}
        assert_ledger_equals(crm, project)
