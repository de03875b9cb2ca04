"""A slot of a pool that a lost run held is free again: by the project's own dagster.yaml."""

import os
import signal
from pathlib import Path

import pytest
import yaml

from tests.defs.dagster_dev import dagster_dev, place_instance

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

QUICKER = {"poll_interval_seconds": 3, "free_slots_after_run_end_seconds": 5}
CODE = """
import time
from pathlib import Path
import dagster as dg

@dg.asset(pool="licences")
def licensed():
    if not Path("begun").exists():
        Path("begun").touch()
        time.sleep(600)

defs = dg.Definitions([licensed], jobs=[dg.define_asset_job("use_the_licence", [licensed])])
"""
WORKSPACE = {"python_file": {"relative_path": "licensed.py", "location_name": "contacts_pipeline"}}


def test_the_slot_of_a_killed_run_is_free_for_its_retry(tmp_path: Path) -> None:
    place_instance(tmp_path)
    settings = yaml.safe_load((tmp_path / "dagster.yaml").read_text())
    for name, seconds in QUICKER.items():
        settings["run_monitoring"][name] = min(seconds, settings["run_monitoring"][name])
    settings["concurrency"]["pools"] = {"default_limit": 1}
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "licensed.py").write_text(CODE)
    (tmp_path / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [WORKSPACE]}))
    with dagster_dev(tmp_path) as (dagster, _):
        lost = dagster.launch("use_the_licence")
        dagster.until((tmp_path / "begun").exists)
        os.kill(dagster.process_of(lost), signal.SIGKILL)
        assert dagster.end_of_run(lost) == "FAILURE"
        dagster.until(lambda: len(dagster.runs()) > 1)
        assert dagster.end_of_run(dagster.runs()[0]["runId"]) == "SUCCESS"
