"""Ticks of the condition sensor: which locations automation asks for, and when it must not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.test_blocking_checks import DOUBLED, failed_checks, spoil
from tests.projects import PLACES, SETTINGS, Project, people, sandbox_locations
from tests.push.test_push_quiet import hours_around

pytestmark = pytest.mark.slow

STAGES = ("upsert_plan", "contact_upserts", "upsert_outcomes")
Tick = Callable[..., dict[str, set[str]]]


@pytest.fixture
def tick(project: Project, instance: dg.DagsterInstance) -> Tick:
    """A look of the sensor: the locations that it asks for, by asset."""
    assert project.folder.exists()
    cursor, definitions = None, None

    def look(now: datetime | None = None) -> dict[str, set[str]]:
        nonlocal cursor, definitions
        definitions = definitions or build_definitions()
        result = dg.evaluate_automation_conditions(
            definitions,
            instance,
            asset_selection=dg.AssetSelection.assets(*STAGES),
            cursor=cursor,
            evaluation_time=now,
        )
        cursor = result.cursor
        asked = {stage: result.get_requested_partitions(dg.AssetKey(stage)) for stage in STAGES}
        return {stage: {key for key in keys if key} for stage, keys in asked.items()}

    return look


@pytest.fixture
def crm(project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.folder.exists()  # made first: it clears the environment of CRM_*
    monkeypatch.setenv("CRM_BASE_URL", crm_sandbox(*sandbox_locations(*PLACES)).url)


def run(instance: dg.DagsterInstance, job: str, *locations: str) -> set[str]:
    """The locations that failed."""
    outcome = run_locations(instance, job, locations, force=False, progress=lambda *_: None)
    return set(outcome.failed)


def an_hour_from_now() -> datetime:
    """When ``automation.retry`` has come, unless the settings name another time."""
    return datetime.now(UTC) + timedelta(hours=1)


def all_of(*locations: str) -> dict[str, set[str]]:
    return {stage: set(locations) for stage in STAGES}


def test_a_refresh_asks_for_every_location_that_may_be_sent_to(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.registry["core"]["quiet_hours"] = hours_around(datetime.now(UTC))
    project.write(people("acme", 1))
    assert tick() == all_of()
    refresh(instance)
    assert tick() == all_of("acme", "bolt")
    assert tick() == all_of()
    del project.registry["core"]["quiet_hours"]
    project.registry["bolt"]["enabled"] = "no"
    project.write(people("acme", 1))
    refresh(instance)
    assert tick() == all_of("acme", "core")


@pytest.mark.usefixtures("crm")
def test_a_dry_run_asks_for_no_push_and_does_not_make_a_due_one_forgotten(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.write(people("acme", 1))
    tick()
    refresh(instance)
    assert run(instance, "plan", "acme") == set()
    assert tick() == all_of("acme", "bolt", "core")
    assert run(instance, "plan", "acme", "bolt") == set()
    assert tick() == all_of()
    assert tick(an_hour_from_now()) == all_of()


@pytest.mark.usefixtures("crm")
def test_a_refresh_during_a_push_asks_for_another(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.write(people("acme", 1))
    tick()
    refresh(instance)
    assert tick() == all_of(*PLACES)
    with ThreadPoolExecutor() as beside:

        def refresh_once(_location: str, done: int, _all: int) -> None:
            if done == 1:
                project.write(people("acme", 2))
                beside.submit(refresh, instance).result()

        outcome = run_locations(instance, "push", ["acme"], force=False, progress=refresh_once)
    assert not outcome.failed
    assert tick() == all_of("acme")
    assert run(instance, "push", *PLACES) == set()
    assert tick() == all_of()


def test_a_dry_run_that_failed_is_not_tried_again_as_a_push(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.registry["acme"]["token_env"] = "NO_SUCH_TOKEN"
    project.write(people("acme", 1))
    refresh(instance)
    tick()
    assert run(instance, "plan", "acme") == {"acme"}
    assert tick(an_hour_from_now()) == all_of()


@pytest.mark.usefixtures("crm")
def test_only_the_location_that_failed_is_asked_for_at_the_next_retry(
    project: Project,
    instance: dg.DagsterInstance,
    tick: Tick,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    project.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    rows = people("acme", 1) + people("bolt", 1)
    project.write(rows)
    tick()
    refresh(instance)
    assert tick() == all_of(*PLACES)
    assert run(instance, "push", *PLACES) == {"bolt"}
    tick()
    assert tick(an_hour_from_now()) == all_of("bolt")


@pytest.mark.usefixtures("crm")
def test_a_location_that_a_breaker_holds_is_not_asked_for_at_the_retry(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.registry["acme"]["max_reject_share"] = "0.1"
    project.registry["bolt"]["token_env"] = "NO_SUCH_TOKEN"
    project.write(people("acme", 1) + people("acme", 1, id="bad", email="nobody", phone=""))
    tick()
    refresh(instance)
    tick()
    assert run(instance, "push", *PLACES) == {"acme", "bolt"}
    tick()
    assert tick(an_hour_from_now()) == all_of("bolt")


def test_nothing_is_asked_for_while_a_blocking_check_has_failed(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.write(people("acme", 1))
    tick()
    refresh(instance)
    spoil(project.workspace().snapshot("valid_contacts"), DOUBLED)
    assert failed_checks(instance, "unique_contacts")[0] == {"every_valid_row_unified"}
    assert tick() == all_of()
    refresh(instance)
    assert tick() == all_of(*PLACES)


@pytest.mark.usefixtures("crm")
def test_with_push_false_plans_alone_are_asked_for(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    project.write(people("acme", 1), SETTINGS + "automation: {push: false}\n")
    tick()
    refresh(instance)
    assert tick() == all_of() | {"upsert_plan": set(PLACES)}


@pytest.mark.usefixtures("crm")
def test_with_push_false_a_refresh_right_after_a_request_asks_for_another_plan(
    project: Project, instance: dg.DagsterInstance, tick: Tick
) -> None:
    plans_alone = all_of() | {"upsert_plan": set(PLACES)}
    settings = SETTINGS + "automation: {push: false}\n"
    project.write(people("acme", 1), settings)
    tick()
    refresh(instance)
    assert tick() == plans_alone
    assert run(instance, "plan", *PLACES) == set()
    project.write(people("acme", 2), settings)
    refresh(instance)
    assert tick() == plans_alone
    assert run(instance, "plan", *PLACES) == set()
    assert tick() == all_of()
