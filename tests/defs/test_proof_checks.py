"""A push that lost a row, or that the CRM no longer holds, fails the check of its outcomes."""

import sqlite3

import dagster as dg
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.test_checks import check, rows
from tests.projects import SETTINGS, Project, people, sandbox_locations

pytestmark = pytest.mark.slow

OUTCOMES = "upsert_outcomes"


@pytest.fixture
def crm(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> RunningSandbox:
    assert project.folder.exists()  # made first: it clears the environment of CRM_*
    found = crm_sandbox(*sandbox_locations("acme", "bolt"))
    monkeypatch.setenv("CRM_BASE_URL", found.url)
    return found


def prove_again(instance: dg.DagsterInstance, location: str) -> None:
    """The outcomes of the location's last push, which is not repeated."""
    job = build_definitions().resolve_job_def("push")
    job.execute_in_process(
        instance=instance, partition_key=location, asset_selection=[dg.AssetKey(OUTCOMES)]
    )


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize(
    "tampering",
    [
        "delete from outcomes where identity = 'acme-001'",
        "update pushes set report = json_set(report, '$.extracted', 4)",
    ],
    ids=["row without its outcome", "row that nobody saw"],
)
def test_a_row_with_no_fate_fails_nothing_vanished(
    project: Project, instance: dg.DagsterInstance, tampering: str
) -> None:
    project.write(people("acme", 3))
    refresh(instance)
    run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
    assert check(instance, OUTCOMES, "nothing_vanished")[0]
    with sqlite3.connect(project.data / "ledger.sqlite") as ledger:
        assert ledger.execute(tampering).rowcount == 1
    prove_again(instance, "acme")
    passed, told = check(instance, OUTCOMES, "nothing_vanished")
    assert not passed
    assert [(row["location"], row["conserved"]) for row in rows(told)] == [("acme", False)]


def test_a_contact_that_another_hand_changed_before_the_proof_fails_converged(
    project: Project, instance: dg.DagsterInstance, crm: RunningSandbox
) -> None:
    def meddle(location: str, done: int, planned: int) -> None:
        if (location, done) == ("acme", planned):
            (contact, *_) = crm.contacts("acme")
            crm.call("PUT", f"/contacts/{contact['id']}", {"city": "Boston"})

    project.write(people("acme", 2) + people("bolt", 1), SETTINGS + "proof: {sample: all}\n")
    refresh(instance)
    run_locations(instance, "push", ["acme", "bolt"], force=False, progress=meddle)
    passed, told = check(instance, OUTCOMES, "converged")
    assert (passed, told["checked"], told["equal"], told["differs"]) == (False, 3, 2, 1)
    assert {row["location"]: row["fields"] for row in rows(told)} == {"acme": "city 1", "bolt": ""}
