"""Backfills as they are typed: one location, a range of neighbours, and again what failed."""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from contacts_pipeline.defs.runs import refresh
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.defs.dagster_dev import ROOT, STAGES
from tests.projects import Project, people, sandbox_locations

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

NAMES = ("ash", "birch", "cedar", "dogwood")


def launch(*words: str) -> subprocess.CompletedProcess[str]:
    per_run = {"CONTACTS_LOCATIONS_PER_RUN": "all"} if "--partition-range" in words else {}
    command = [str(Path(sys.executable).parent / "dg"), "launch", "--assets", ",".join(STAGES)]
    return subprocess.run(
        [*command, *words],
        cwd=ROOT,
        env=os.environ | per_run,
        capture_output=True,
        text=True,
        check=False,
    )


def test_dg_launches_one_location_a_range_and_again_only_what_failed(
    project: Project,
    instance_on_disk: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crm = crm_sandbox(*sandbox_locations(*NAMES))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv("CEDAR_TOKEN", "pit-wrong")
    project.registry = {name: {"country": "US"} for name in NAMES}
    project.registry["cedar"]["token_env"] = "CEDAR_TOKEN"
    project.write([row for name in NAMES for row in people(name, 2)])
    refresh(instance_on_disk)

    def pushed() -> dict[str, int]:
        return {name: len(crm.contacts(name)) for name in NAMES}

    def standing() -> list[str | None]:
        partitions = dg.DynamicPartitionsDefinition(name="crm_locations")
        with dg.DagsterInstance.get() as now:
            found = now.get_status_by_partition(dg.AssetKey(STAGES[1]), NAMES, partitions) or {}
        states = [found.get(name) for name in NAMES]
        return [state and state.value for state in states]

    one = launch("--partition", "ash")
    assert one.returncode == 0, one.stderr[-3_000:]
    assert pushed() == {"ash": 2, "birch": 0, "cedar": 0, "dogwood": 0}

    some = launch("--partition-range", "birch...dogwood")
    assert some.returncode != 0
    assert pushed() == {"ash": 2, "birch": 2, "cedar": 0, "dogwood": 2}, some.stderr[-3_000:]
    assert standing() == ["MATERIALIZED", "MATERIALIZED", "FAILED", "MATERIALIZED"]

    monkeypatch.setenv("CEDAR_TOKEN", os.environ["CRM_TOKEN"])
    before = crm.count("upsert")
    again = launch("--partition-range", "ash...dogwood")
    assert again.returncode == 0, again.stderr[-3_000:]
    assert pushed() == dict.fromkeys(NAMES, 2)
    assert standing() == ["MATERIALIZED"] * len(NAMES)
    assert crm.count("upsert") == before + 2
