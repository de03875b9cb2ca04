"""A push in a process of its own, so that its CPU time is told from the sandbox's.

``python benchmarks/pusher.py FOLDER`` pushes the project that ``push_project`` laid down, and
prints one JSON document: what it cost, and what each location's report says.
"""

import json
import resource
import sys
import time
import uuid
from pathlib import Path

from contacts_pipeline import steps
from contacts_pipeline.push import LocationReport
from contacts_pipeline.workspace import Workspace


def plan(folder: Path) -> None:
    """From the warehouse to a plan of each location."""
    workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
    steps.refresh_locations(workspace)
    steps.extract(workspace)
    steps.validate(workspace)
    steps.unify(workspace)
    _advance(workspace, "upsert_plan")


def push(folder: Path) -> None:
    """Push what was planned."""
    workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
    before, started = _cpu_seconds(), time.perf_counter()
    reports = _advance(workspace, "contact_upserts")
    figures = {
        "cpu_seconds": _cpu_seconds() - before,
        "seconds": time.perf_counter() - started,
        "requests": sum(report.requests for report in reports.values()),
        "not_ok": {name: one.told for name, one in reports.items() if one.status != "ok"},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _advance(workspace: Workspace, stage: steps.Stage) -> dict[str, LocationReport]:
    names = list(steps.registered_locations(workspace))
    return {
        name: step.report
        for name, step in steps.advance(workspace, names, str(uuid.uuid4()), stages={stage})
        if isinstance(step, steps.Pushed | steps.Unplanned)
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    push(Path(sys.argv[1]))
