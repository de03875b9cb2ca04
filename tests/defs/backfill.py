"""A backfill of four locations that something interrupts, and what is true of it in the end.

What happened is read from the sandbox's log and state, never from our own ledger.
"""

import sys
from collections import Counter

import pytest
import yaml

from contacts_pipeline import steps
from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.dagster_dev import Dagster, place_instance
from tests.projects import SETTINGS, Project, people, sandbox_locations
from tests.push.evidence import sent_again, upserts

NAMES = ("ash", "birch", "cedar", "dogwood")
CONTACTS = 40
MOST_IN_FLIGHT = 16
"""Rows of a location between a committed intent and its answer: these alone may go twice."""
AUTOMATION = "automation: {retry: '* * * * *', tick_seconds: 2}\n"
PATIENT = {
    "run_monitoring": {"poll_interval_seconds": 3, "free_slots_after_run_end_seconds": 5},
    "run_coordinator": {"config": {"dequeue_interval_seconds": 1}},
}


def lay_down(
    project: Project,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
    **settings: object,
) -> RunningSandbox:
    """The locations in a CRM, their contacts in New York, and a quick instance."""
    crm = crm_sandbox(*sandbox_locations(*NAMES, burst_limit=10), latency_ms=100)
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    _place_quick_instance(project, monkeypatch, **settings)
    write(project, "New York")
    return crm


def _place_quick_instance(
    project: Project, monkeypatch: pytest.MonkeyPatch, **settings: object
) -> None:
    """The repository's own instance with shorter naps, and ``settings`` in the place of its own."""
    monkeypatch.delenv("DAGSTER_HOME")
    monkeypatch.setenv("CONTACTS_LOCATIONS_PER_RUN", "2")
    place_instance(project.folder)
    path = project.folder / "dagster.yaml"
    told = yaml.safe_load(path.read_text()) | settings
    for section, naps in PATIENT.items():
        told[section] |= naps
    path.write_text(yaml.safe_dump(told))


def write(project: Project, city: str) -> None:
    """The warehouse: every contact in the city, and a phone of its own."""
    project.registry = {name: {"country": "US"} for name in NAMES}
    rows = [row for name in NAMES for row in people(name, CONTACTS, city=city)]
    for number, row in enumerate(rows):
        row["phone"] = f"+1 212 555 {number:04}"
    project.write(rows, SETTINGS + AUTOMATION)


def until_sent(dagster: Dagster, crm: RunningSandbox, upserts_more: int, before: int = 0) -> None:
    """Wait until the CRM's own log says that so many more arrived."""
    dagster.until(lambda: len(upserts(crm.log())) >= before + upserts_more, seconds=0.05)


def until_healed(dagster: Dagster, crm: RunningSandbox, city: str) -> None:
    """Until all locations are materialised and the CRM holds every contact, right and once."""

    def is_so() -> bool:
        state = dagster.partitions("contact_upserts")
        held = [contact["city"] for name in NAMES for contact in crm.contacts(name)]
        whole = len(held) == CONTACTS * len(NAMES) and set(held) == {city}
        return whole and state.materialized == set(NAMES) and not state.failed

    dagster.until(is_so)
    emails = Counter((name, one["email"]) for name in NAMES for one in crm.contacts(name))
    assert set(emails.values()) == {1}


def assert_few_sent_twice(crm: RunningSandbox) -> None:
    """In no location more than what can be in flight at once."""
    again = sent_again(crm.log())
    by_location = Counter(dict.fromkeys(NAMES, 0))
    for (location, _), times in again.items():
        by_location[location] += times
    sys.stdout.write(f"sent again: {dict(by_location)}\n")
    assert max(by_location.values()) <= MOST_IN_FLIGHT


def assert_ledger_holds(project: Project, crm: RunningSandbox) -> None:
    """The CRM's own ids, nothing unsettled, and a new plan finds every contact unchanged."""
    workspace = project.workspace()
    with workspace.ledger() as ledger:
        for name in NAMES:
            known = ledger.known_contacts([name]).to_pylist()
            assert {row["contact_id"] for row in known} == {one["id"] for one in crm.contacts(name)}
            assert ledger.unsettled([name]).num_rows == 0
    planned = dict(steps.advance(workspace, NAMES, "a-plan", stages={"upsert_plan"}))
    for name in NAMES:
        plan = planned[name]
        assert isinstance(plan, steps.Planned), plan
        assert plan.header.counts.unchanged == CONTACTS
