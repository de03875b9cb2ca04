"""The outcomes of many locations, written in as many passes as their rows take."""

import pyarrow.parquet as pq
import pytest

from contacts_pipeline import steps
from contacts_pipeline.steps import prove
from tests.push.conftest import MakeProject
from tests.push.project import Project, people

BOTH = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in ("acme", "bolt")]


def told(project: Project, location: str) -> list[tuple[str, str, str]]:
    (path,) = (project.workspace.snapshots / "upsert_outcomes").glob(f"*/{location}-*.parquet")
    rows = pq.read_table(path, columns=["identity", "state", "run_id"]).to_pylist()
    return [(row["identity"], row["state"], row["run_id"]) for row in rows]


@pytest.mark.parametrize("rows_at_once", [1, 4, 100_000])
def test_each_location_has_its_own_in_the_order_of_identities(
    project: MakeProject, monkeypatch: pytest.MonkeyPatch, rows_at_once: int
) -> None:
    monkeypatch.setattr(prove, "_ROWS_AT_ONCE", rows_at_once)
    both = project(people(3) + people(2, "bolt"), locations=BOTH)
    both.push(run_id="first")
    assert told(both, "acme") == [(f"acme-{n}", "created", "first") for n in range(3)]
    assert told(both, "bolt") == [(f"bolt-{n}", "created", "first") for n in range(2)]
    both.write(people(2) + people(2, "bolt", city="Boston")).push(run_id="second")
    assert told(both, "acme") == [(f"acme-{n}", "unchanged", "second") for n in range(2)]
    assert told(both, "bolt") == [(f"bolt-{n}", "updated", "second") for n in range(2)]


def test_a_location_without_contacts_has_an_empty_table(project: MakeProject) -> None:
    both = project(people(3), locations=BOTH)
    both.push(run_id="first")
    assert told(both, "bolt") == []
    assert len(told(both, "acme")) == 3


def test_a_plan_that_is_damaged_since_its_push_holds_its_location_alone(
    project: MakeProject,
) -> None:
    both = project(people(3) + people(2, "bolt"), locations=BOTH)
    both.push(stages=["upsert_plan", "contact_upserts"])
    plan = both.newest_plan("bolt")
    assert plan is not None
    with plan.open("r+b") as file:  # the header is at the end, and is whole
        file.seek(4)
        file.write(bytes(400))
    proofs = dict(
        steps.advance(both.workspace, ["bolt", "acme"], "later", stages={"upsert_outcomes"})
    )
    assert isinstance(proofs["acme"], steps.Proven)
    assert proofs["acme"].recount.states == {"created": 3}
    held = proofs["bolt"]
    assert isinstance(held, steps.Unplanned)
    assert held.report.told is not None
    assert held.report.told.startswith("location bolt: its plan can't be read: ")
