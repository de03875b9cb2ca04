"""The project under its real daemon, webserver and code server, asked as the UI asks them."""

from datetime import UTC, datetime

import pytest

from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.dagster_dev import STAGES, dagster_dev, place_instance
from tests.projects import PLACES, SETTINGS, Project, people, sandbox_locations
from tests.push.test_push_quiet import hours_around

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

AUTOMATION = "automation: {retry: '* * * * *', tick_seconds: 1}\n"


@pytest.fixture
def served(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    place_instance(project.folder)
    monkeypatch.delenv("DAGSTER_HOME")
    return project


def test_a_backfill_in_the_ui_pushes_every_location_and_fails_exactly_the_one_that_failed(
    served: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = crm_sandbox(*sandbox_locations(*PLACES))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    served.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    served.write(people("acme", 3) + people("bolt", 2) + people("core", 4))
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    with dagster_dev(served.folder) as (dagster, _):
        assert dagster.run_job("refresh") == "SUCCESS"
        status, counts = dagster.backfill(list(PLACES))
        assert status == "COMPLETED_FAILED"
        assert counts == dict.fromkeys(STAGES, (2, 1))
        pushed = {name: len(crm.contacts(name)) for name in PLACES}
        assert pushed == {"acme": 3, "bolt": 0, "core": 4}

        del served.registry["bolt"]["token_env"]
        served.write(people("acme", 3) + people("bolt", 2) + people("core", 4))
        assert dagster.run_job("refresh") == "SUCCESS"
        status, counts = dagster.backfill(["bolt"])
        assert status == "COMPLETED_SUCCESS"
        assert counts == dict.fromkeys(STAGES, (1, 0))
    assert len(crm.contacts("bolt")) == 2
    assert (served.data / "dagster" / "storage").is_dir()


def test_sixty_locations_run_by_themselves(
    served: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"loc{number:02}" for number in range(60)]
    crm = crm_sandbox(*sandbox_locations(*names, "late"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    served.registry = {name: {"country": "US"} for name in names}
    served.registry["loc20"]["enabled"] = "no"
    served.registry["loc40"]["quiet_hours"] = hours_around(datetime.now(UTC))
    monkeypatch.setenv("BROKEN_TOKEN", "pit-wrong")
    expected = set(names) - {"loc20", "loc40"}

    def write(city: str) -> None:
        rows = [row for name in served.registry for row in people(name, 1, city=city)]
        for number, row in enumerate(rows):
            row["phone"] = f"+1 212 555 {number:04}"
        served.write(rows, SETTINGS + AUTOMATION)

    write("New York")
    with dagster_dev(served.folder) as (dagster, _):

        def pushed() -> set[str]:
            return set(dagster.partitions("contact_upserts").materialized)

        dagster.look_twice()
        assert dagster.runs() == []
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.until(lambda: pushed() == expected)
        dagster.until(lambda: dagster.partitions("upsert_outcomes").materialized >= expected)

        # A dry run in the quiet hours leads to no push, and does not make automation forget.
        assert dagster.run_job("plan", partition="loc40") == "SUCCESS"
        dagster.look_twice()
        assert pushed() == expected
        assert crm.contacts("loc40") == crm.contacts("loc20") == []
        del served.registry["loc40"]["quiet_hours"]
        write("New York")
        assert dagster.run_job("refresh", ["crm_locations"]) == "SUCCESS"
        dagster.until(lambda: pushed() == expected | {"loc40"})

        # One more location, and one whose token is broken: the others don't notice.
        served.registry["late"] = {"country": "US"}
        served.registry["loc07"]["token_env"] = "BROKEN_TOKEN"
        write("Boston")
        assert dagster.run_job("refresh") == "SUCCESS"
        dagster.until(lambda: dagster.partitions("contact_upserts").failed == {"loc07"})
        dagster.until(lambda: "late" in pushed() and dagster.is_idle())
        assert dagster.partitions("contact_upserts").failed == {"loc07"}
        cities = {name: crm.contacts(name)[0]["city"] for name in (*expected, "loc40", "late")}
        assert cities == dict.fromkeys(cities, "Boston") | {"loc07": "New York"}

        # Mended in the registry, it heals at the next tick of automation.retry.
        del served.registry["loc07"]["token_env"]
        write("Boston")
        assert dagster.run_job("refresh", ["crm_locations"]) == "SUCCESS"
        dagster.until(lambda: not dagster.partitions("contact_upserts").failed)
        assert crm.contacts("loc07")[0]["city"] == "Boston"
        assert pushed() == expected | {"loc40", "late"}
