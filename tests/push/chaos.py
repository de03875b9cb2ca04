"""Everything that goes wrong at once, by a seed.

Two pushers at a time, killed and told to stop at random counts of the server's log, with clocks
that are wrong and jump, against a CRM with every fault. In the end, after a last clean push, the
CRM is as if nothing had happened, the ledger says so, and few rows were sent again.
"""

import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from contacts_pipeline.ledger import schema
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)
from tests.push.crooked import CrookedProcess
from tests.push.evidence import assert_ledger_equals, upserts
from tests.push.project import FIELDS, Project, people, person
from tests.push.pusher import push

MOST_IN_FLIGHT = 16
NAMES = ("acme", "bolt", "cave")
LOCATIONS = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in NAMES]
FIRST = [row for name in NAMES for row in people(25, name, tags="vip")]
LATER = [
    person(n, name, tags="vip, late", city="Rome", **({"dnd": "true"} if n % 3 == 0 else {}))
    for name in NAMES
    for n in range(5, 30)
]
CRM = {"timeout_seconds": 0.6, "settle_seconds": 1.2, "max_tries": 3}
PATIENT = {**CRM, "timeout_seconds": 20}
FAULTS = [
    *(
        Fault.parse(text)
        for text in (
            "500-before=0.01",
            "500-after=0.03",
            "502-before=0.01",
            "503-before=0.02",
            "504-after=0.01",
            "524-after=0.01",
            "408-before=0.01",
            "408-after=0.01",
            "reset-before=0.02",
            "reset-after=0.03",
            "close-before=0.02",
            "close-after=0.02",
            "truncated=0.02",
            "malformed=0.02",
            "empty=0.02",
            "html=0.02",
            "429=0.04",
        )
    ),
    Fault(kind=FaultKind.SLOW, rate=0.02, seconds=0.9),
]
CLOSING = (FaultKind.TOKEN_REVOKED, FaultKind.TOKEN_EXPIRED, FaultKind.DAILY_QUOTA)
Who = tuple[str, str]
HOUR = 3600
OFFSETS = (-72 * HOUR, -2 * HOUR, -90, 0, 0, 90, 2 * HOUR, 72 * HOUR)
A_WEEK = 7 * 24 * HOUR
"""Past all that a pusher with a wrong clock can have written down, and past a spent day."""
WAIT_SECONDS = 120.0


@dataclass
class Tally:
    """What befell one seed's pushes."""

    seed: int
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    signals: int = 0
    jumps: int = 0
    sent_again: int = 0

    def __str__(self) -> str:
        faults = ", ".join(f"{name} {times}" for name, times in sorted(self.faults.items()))
        return (
            f"seed {self.seed}: {self.requests} requests, {self.faults.total()} faults ({faults}), "
            f"{self.signals} pushers stopped, {self.jumps} clock jumps, "
            f"{self.sent_again} sent again"
        )


@dataclass(frozen=True)
class Event:
    """What happens to one of two pushers once the server has logged so many requests more."""

    requests: int
    pusher: int
    signal: int | None
    clock: int


def run(seed: int, folder: Path, ledger_url: str | None = None) -> Tally:
    """One seed's chaos, in an empty ``folder``; raises ``AssertionError`` where it left a trace."""
    chosen, tally = random.Random(seed), Tally(seed)
    policy = {"crm_snapshot": chosen.choice(["never", "first_run", "always"])}
    environ = {"CRM_TOKEN": DEFAULT_TOKEN}
    if ledger_url:
        environ["CONTACTS_LEDGER_URL"] = ledger_url
    with running_sandbox(_unkind_crm(seed, latency_ms=chosen.choice([0, 10, 40]))) as crm:
        project = Project(folder, crm.url, LOCATIONS, CRM, policy, environ=environ)
        for rows in (FIRST, LATER):
            project.crm = CRM
            project.write(rows).prepare()
            since, unread_before = crm.last_seq(), _timed_out(project)
            killed = sum(_round(project, crm, chosen, tally) for _ in range(chosen.randint(1, 3)))
            crm.set_faults()
            project.crm = PATIENT
            project.write(rows)
            _push(project, "last", A_WEEK)
            log = [entry for entry in crm.log() if entry["seq"] > since]
            unread = _timed_out(project) - unread_before
            tally.sent_again += _check_sent_again(log, unread, killed)
        log = crm.log()
        tally.requests = len(log)
        tally.faults.update(entry["fault"] for entry in log if entry["fault"])
        assert _contents(crm) == _contents_without_faults(policy["crm_snapshot"])
        assert_ledger_equals(crm, project)
    assert tally.faults, "no fault fired"
    return tally


def _round(project: Project, crm: RunningSandbox, chosen: random.Random, tally: Tally) -> int:
    """Two pushers at once; returns how many of them SIGKILL ended."""
    faults = list(FAULTS)
    if chosen.random() < 0.3:
        kind = chosen.choice(CLOSING)
        faults.append(Fault(kind=kind, times=1, skip=chosen.randint(0, 60)))
    crm.set_faults(*faults, seed=chosen.randrange(2**31))
    number = crm.last_seq()
    pushers = [
        CrookedProcess(
            push, project.folder, f"{number}-{one}", project.environ, chosen.choice(OFFSETS)
        )
        for one in range(2)
    ]
    killed = 0
    for event in _events(chosen):
        if not _logged(crm, number + event.requests, pushers):
            break
        one = pushers[event.pusher]
        if event.signal is None:
            one.set_clock(event.clock)
            tally.jumps += 1
        elif one.signal(event.signal):
            tally.signals += 1
            killed += event.signal == signal.SIGKILL
    for one in pushers:
        code = one.wait(WAIT_SECONDS)
        assert code in {0, -signal.SIGKILL, -signal.SIGTERM}, one.told  # the latter while it plans
    return killed


def _events(chosen: random.Random) -> Sequence[Event]:
    events = [
        Event(chosen.randint(1, 120), one, None, chosen.choice(OFFSETS))
        for one in range(2)
        for _ in range(chosen.randint(0, 2))
    ]
    for one in range(2):
        if chosen.random() < 0.75:
            how = signal.SIGKILL if chosen.random() < 0.8 else signal.SIGTERM
            events.append(Event(chosen.randint(1, 120), one, how, 0))
    return sorted(events, key=lambda event: event.requests)


def _logged(crm: RunningSandbox, seq: int, pushers: Sequence[CrookedProcess]) -> bool:
    """Whether the server's log came so far before every pusher had ended."""
    deadline = time.monotonic() + WAIT_SECONDS
    while crm.last_seq() < seq:
        if not any(one.process.is_alive() for one in pushers):
            return False
        assert time.monotonic() < deadline, [one.told for one in pushers]
        time.sleep(0.005)
    return True


def _push(project: Project, name: str, clock: int = 0) -> None:
    """A push that nothing disturbs; each location must end well, with nothing left."""
    project.prepare()
    one = CrookedProcess(push, project.folder, name, project.environ, clock)
    code = one.wait(WAIT_SECONDS)
    assert code == 0, one.told
    assert sorted(one.told.splitlines()) == [f"{name} ok None" for name in NAMES], one.told


def _check_sent_again(log: Sequence[Mapping[str, Any]], unread: Counter[Who], killed: int) -> int:
    """Rows that the CRM had acknowledged and got again: those in flight at a kill, at most.

    An answer that this machine was too busy to read in time is none: ``unread`` counts them, with
    those that were slow by a fault.
    """
    slow = Counter(_who(entry) for entry in upserts(log) if str(entry["fault"]).startswith("slow"))
    missed = unread - slow
    acknowledged, again = set[Who](), Counter[Who]()
    for entry in upserts(log):
        who = _who(entry)
        again[who] += who in acknowledged
        if not entry["applied"] or entry["fault"] is not None:
            continue
        if who not in acknowledged and missed[who] > 0:
            missed[who] -= 1
        else:
            acknowledged.add(who)
    for name in NAMES:
        here = {who: times for who, times in again.items() if who[0] == name and times}
        assert sum(here.values()) <= MOST_IN_FLIGHT * killed, here
    return again.total()


def _timed_out(project: Project) -> Counter[Who]:
    table = schema.requests
    query = select(table.c.location_id, table.c.identity).where(table.c.message.contains("Timeout"))
    with project.ledger() as ledger, ledger.reading() as connection:
        return Counter(
            (name, f"p{identity.rpartition('-')[2]}@{name}.example.com")
            for name, identity in connection.execute(query)
        )


def _who(entry: Mapping[str, Any]) -> Who:
    return entry["location_id"], entry["email"]


def _unkind_crm(seed: int, **options: object) -> SandboxOptions:
    """A CRM that makes twins of concurrent upserts, and whose look-up lags."""
    rules = SandboxRules(concurrent_upserts="twins", search_lag_ms=100, duplicate_search_lags=True)
    locations = tuple(
        SandboxLocation(id=name, burst_limit=1000, interval_ms=1000) for name in NAMES
    )
    return SandboxOptions.model_validate(
        {"locations": locations, "rules": rules, "seed": seed, **options}
    )


@cache
def _contents_without_faults(crm_snapshot: str) -> object:
    with tempfile.TemporaryDirectory() as folder, running_sandbox(_unkind_crm(0)) as crm:
        policy = {"crm_snapshot": crm_snapshot}
        project = Project(Path(folder), crm.url, LOCATIONS, PATIENT, policy)
        for rows in (FIRST, LATER):
            project.write(rows).push()
        return _contents(crm)


def _contents(crm: RunningSandbox) -> object:
    """Every contact's values, as a faultless run would have to give them."""
    kept = (*FIELDS, "dndSettings", "customFields")
    return {
        name: sorted(
            ({key: contact[key] for key in kept} for contact in crm.contacts(name, ids=False)),
            key=lambda contact: contact["email"],
        )
        for name in NAMES
    }
