"""One contact's story in the UI: whole, but for its values."""

from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest
import yaml
from dagster._core.remote_origin import (
    InProcessCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.explain import ExplainLinks
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.projects import Project, people, sandbox_locations


def story(instance: dg.DagsterInstance, key: str, location: str = "acme") -> str:
    job = build_definitions().resolve_job_def("explain")
    asked = {"ops": {"contact": {"config": {"location": location, "key": key}}}}
    ran = job.execute_in_process(run_config=asked, instance=instance)
    (output,) = [one for one in ran.all_events if one.is_successful_output]
    return str(output.step_output_data.metadata["story"].value)


def test_story_is_whole_and_its_values_are_masked(
    project: Project,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
    instance: dg.DagsterInstance,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    ann, bea, cid = people("acme", 3)
    bea["phone"] = ann["phone"]
    by_email = ann | {"id": ann["email"], "city": "Tomorrow | Land"}
    project.write([ann, by_email, bea, cid | {"phone": ann["phone"], "email": ""}])
    refresh(instance)
    run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
    told = story(instance, ann["id"])
    (sent,) = [one for one in crm.contacts("acme") if one["email"] == ann["email"]]
    for said in (f"source row {ann['id']}", "one person", "create", "created", sent["id"]):
        assert said in told, told
    assert "| city | `To***nd` |" in told
    held = story(instance, cid["id"])
    assert "hold (ambiguous_match)" in held
    for value in (ann["email"], ann["phone"], ann["phone"][2:], ann["first_name"], "Tomorrow"):
        assert value not in told + held


def test_someone_unknown_is_an_answer(project: Project, instance: dg.DagsterInstance) -> None:
    project.write(people("acme", 1))
    assert "not materialised yet; materialise it first" in story(instance, "nobody")
    refresh(instance)
    assert "neither the source nor the ledger knows this contact" in story(instance, "nobody")
    assert "did you mean 'acme'" in story(instance, "acme-000", location="acmee")


@pytest.mark.parametrize(
    ("repository", "folder"),
    [
        ("__repository__", "/locations/our%20place/jobs/explain/playground/setup"),
        ("crm", "/locations/crm@our%20place/jobs/explain/playground/setup"),
    ],
)
def test_link_leads_to_the_launchpad_filled_in(repository: str, folder: str) -> None:
    place = InProcessCodeLocationOrigin(LoadableTargetOrigin(), location_name="our place")
    origin = RemoteJobOrigin(RemoteRepositoryOrigin(place, repository), "push")
    links = ExplainLinks(dg.DagsterRun("push", remote_job_origin=origin))
    link = urlsplit(links.to("acme", "00 1&key=2") or "")
    assert link.path == folder
    (config,) = parse_qs(link.query, strict_parsing=True)["config"]
    assert yaml.safe_load(config) == {
        "ops": {"contact": {"config": {"location": "acme", "key": "00 1&key=2"}}}
    }
    assert links.to("acme", "ann@example.com") is None


def test_a_run_of_no_code_location_has_no_links() -> None:
    assert ExplainLinks(dg.DagsterRun("push")).to("acme", "1") is None
