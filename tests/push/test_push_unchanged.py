"""Not sending is the real speed: what a rerun with nothing changed costs, by the server's log."""

import pytest

from contacts_pipeline.sandbox import RunningSandbox
from tests.push.conftest import MakeProject
from tests.push.project import people


@pytest.mark.parametrize(("policy", "reads"), [("never", 0), ("first_run", 0), ("always", 1)])
def test_rerun_with_nothing_changed_asks_nothing_unless_always(
    crm: RunningSandbox, project: MakeProject, policy: str, reads: int
) -> None:
    acme = project(people(20), policy={"crm_snapshot": policy})
    assert acme.push()["acme"].created == 20
    for _ in range(2):
        before = crm.count()
        report = acme.push()["acme"]
        assert (report.unchanged, report.requests) == (20, crm.count() - before)
        assert (crm.count() - before > 0) == bool(reads)
    assert crm.count("upsert") == 20
