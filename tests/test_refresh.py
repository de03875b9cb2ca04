"""Refreshes beside each other and beside a plan: what is read together is of one refresh."""

from pathlib import Path

import pytest

from contacts_pipeline import steps
from contacts_pipeline.plan import PlanError
from tests.push.project import Project, people


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, "http://127.0.0.1:1", locations=[{"id": "acme"}])
    project.policy = {"crm_snapshot": "never"}
    return project


def test_plan_during_a_refresh_is_made_from_the_one_before(project: Project) -> None:
    workspace = project.write(people(12)).prepare()
    project.write(people(6))
    steps.extract(workspace)
    steps.validate(workspace)
    project.push(stages=["upsert_plan"], prepare=False)
    counts = project.header().counts
    assert (counts.extracted, counts.merged, counts.create) == (12, 0, 12)
    steps.unify(workspace)
    project.push(stages=["upsert_plan"], prepare=False)
    counts = project.header().counts
    assert (counts.extracted, counts.merged, counts.create) == (6, 0, 6)


def test_plan_is_not_made_from_parts_of_two_refreshes(project: Project) -> None:
    workspace = project.write(people(12)).prepare()
    unified = workspace.snapshots / "unified" / "valid_contacts.parquet"
    steps.validate(workspace)
    unified.write_bytes(workspace.snapshot("valid_contacts").read_bytes())
    with pytest.raises(PlanError, match="materialise unique_contacts again"):
        project.push(stages=["upsert_plan"], prepare=False)


def test_stage_is_audited_against_what_it_was_made_from(project: Project) -> None:
    workspace = project.write(people(12)).prepare()
    project.write(people(6))
    steps.extract(workspace)
    judged = steps.validate(workspace)
    assert (judged.extracted, judged.judged) == (6, 6)
    project.write(people(3))
    steps.extract(workspace)
    unified = steps.unify(workspace)
    assert (unified.valid, unified.members) == (6, 6)
