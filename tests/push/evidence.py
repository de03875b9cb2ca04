"""What pushes came to, by the sandbox's log and state and the ledger: no contact lost, no twin."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from contacts_pipeline.sandbox import RunningSandbox
from tests.push.project import Project, Row


def upserts(log: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [entry for entry in log if entry["operation"] in {"upsert", "update"}]


def sent_again(log: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """Upserts beyond the first applied one, by location and email."""
    applied = Counter(
        (entry["location_id"], entry["email"]) for entry in upserts(log) if entry["applied"]
    )
    return Counter({who: times - 1 for who, times in applied.items() if times > 1})


def assert_ledger_equals(crm: RunningSandbox, project: Project) -> None:
    """Contact by contact: the CRM's id, and hashes that a fresh plan finds unchanged."""
    with project.ledger() as ledger:
        for location in project.locations:
            name = location["id"]
            known = ledger.known_contacts([name]).to_pylist()
            there = {contact["id"] for contact in crm.contacts(name)}
            assert {row["contact_id"] for row in known} == there
            assert ledger.unsettled([name]).num_rows == 0
    project.plan()
    for location in project.locations:
        actions = {row["action"] for row in project.planned_rows(location["id"])}
        assert actions <= {"unchanged", "hold", "gone"}, actions


def assert_each_there_once(crm: RunningSandbox, rows: Iterable[Row]) -> None:
    """No contact lost, no twin."""
    wanted = Counter((row["location"], row["email"]) for row in rows)
    state = crm.state()["locations"]
    found = Counter(
        (name, contact["email"]) for name in state for contact in state[name]["contacts"]
    )
    assert found == wanted
