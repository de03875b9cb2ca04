"""Locations that are added, renamed, disabled or gone: partitions come, none is ever deleted."""

from pathlib import Path

import dagster as dg
import pytest

import contacts_pipeline
from contacts_pipeline.defs.runs import refresh, run_locations
from tests.defs.test_checks import OFFLINE
from tests.projects import Project, people

PACKAGE = Path(contacts_pipeline.__file__).parent


def settings(*locations: str) -> str:
    inline = ", ".join(f"{{id: {one}, country: US}}" for one in locations)
    return OFFLINE.replace("locations: {table: locations}", f"locations: [{inline}]")


def partitions(instance: dg.DagsterInstance) -> list[str]:
    return list(instance.get_dynamic_partitions("crm_locations"))


def plan(instance: dg.DagsterInstance, *locations: str) -> dict[str, str | None]:
    outcome = run_locations(instance, "plan", locations, force=False, progress=lambda *_: None)
    return {name: report.reason for name, report in outcome.failed.items()}


@pytest.mark.slow
def test_a_location_that_is_gone_or_renamed_while_a_range_is_in_flight_leaves_the_range_whole(
    project: Project,
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        project.write(people("acme", 1), settings("acme", "bolt", "core"))
        refresh(instance)
        assert partitions(instance) == ["acme", "bolt", "core"]

        # As a range acme...core waits in the queue, its end leaves the registry and its middle is
        # disabled; acme gets another name, dime is new.
        changed = settings("acme, name: Acme & Sons", "bolt, enabled: false", "dime")
        project.write(people("acme", 1) + people("dime", 1), changed)
        refresh(instance)
        assert partitions(instance) == ["acme", "bolt", "core", "dime"]
        reasons = plan(instance, "acme", "bolt", "core", "dime")
        assert reasons == {"bolt": "location_disabled", "core": "location_disabled"}

        project.write(people("acme", 1), settings("acme", "bolt", "core"))
        refresh(instance)
        assert partitions(instance) == ["acme", "bolt", "core", "dime"]
        assert plan(instance, "acme", "bolt", "core", "dime") == {"dime": "location_disabled"}


def test_nothing_in_the_project_deletes_a_partition() -> None:
    deleting = [path for path in PACKAGE.rglob("*.py") if "delete_dynamic" in path.read_text()]
    assert deleting == []
