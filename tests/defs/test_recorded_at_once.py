"""A run records a location as soon as it has ended, and can be stopped while it does so."""

import os
import signal
import uuid
from collections.abc import Callable

import pytest
from dagster import DagsterExecutionInterruptedError, DagsterInstance, EventLogEntry
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.keys import UPSERTS
from contacts_pipeline.defs.runs import refresh
from contacts_pipeline.ledger import last_pushes
from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.projects import Project, people, sandbox_locations
from tests.push.evidence import sent_again

pytestmark = pytest.mark.slow
SLOW = 30
NAMES = ("acme", "bolt")


@pytest.fixture
def crm(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> RunningSandbox:
    """A location of three contacts, and one whose thirty take seconds."""
    acme, bolt = sandbox_locations(*NAMES)
    found = crm_sandbox(acme, bolt.model_copy(update={"burst_limit": 10}))
    monkeypatch.setenv("CRM_BASE_URL", found.url)
    project.registry = {name: {"country": "US"} for name in NAMES}
    project.write([*people("acme", 3), *people("bolt", SLOW)])
    return found


def run(instance: DagsterInstance, recorded: Callable[[str], object]) -> None:
    """Push both locations; ``recorded`` is called with each as soon as Dagster has its push."""

    def listen(entry: EventLogEntry) -> None:
        found = entry.asset_materialization
        if found and found.asset_key == UPSERTS:
            recorded(str(found.partition))

    run_id = str(uuid.uuid4())
    refresh(instance)
    instance.add_event_listener(run_id, listen)
    (
        build_definitions()
        .resolve_job_def("push")
        .execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={
                ASSET_PARTITION_RANGE_START_TAG: NAMES[0],
                ASSET_PARTITION_RANGE_END_TAG: NAMES[-1],
            },
        )
    )


def test_location_is_recorded_while_another_is_pushed(
    instance: DagsterInstance, crm: RunningSandbox
) -> None:
    sent: dict[str, int] = {}
    run(instance, lambda name: sent.setdefault(name, crm.count("upsert")))
    assert list(sent) == ["acme", "bolt"]
    assert 3 <= sent["acme"] < sent["bolt"] == 3 + SLOW


def test_interrupt_while_a_location_is_recorded_stops_the_others_cleanly(
    instance: DagsterInstance, crm: RunningSandbox, project: Project
) -> None:
    with pytest.raises(DagsterExecutionInterruptedError):
        run(instance, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    sent = crm.count("upsert")
    assert 3 < sent < 3 + SLOW
    with project.workspace().ledger() as ledger:
        ends = {name: push["reason"] for name, push in last_pushes(ledger, NAMES).items()}
        assert ends == {"acme": None, "bolt": "interrupted"}
        assert ledger.unsettled(list(NAMES)).num_rows == 0
    run(instance, lambda _: None)
    assert crm.count("upsert") == 3 + SLOW
    assert not sent_again(crm.log())
