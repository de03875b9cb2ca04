"""A push in a process of its own, so that its CPU time is told from the sandbox's.

``python benchmarks/pusher.py FOLDER plan|push``: on the project that ``push_project`` laid down.
``push`` prints one JSON document: what it cost, and what each location's report says.
"""

import json
import resource
import sys
import time
import uuid
from pathlib import Path

from contacts_pipeline import steps
from contacts_pipeline.workspace import Workspace


def main() -> None:
    """Plan, or push what was planned."""
    folder, wanted = Path(sys.argv[1]), sys.argv[2]
    workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
    if wanted == "plan":
        steps.refresh_locations(workspace)
        steps.extract(workspace)
        steps.validate(workspace)
        steps.unify(workspace)
    stage: steps.Stage = "upsert_plan" if wanted == "plan" else "contact_upserts"
    names = list(steps.registered_locations(workspace))
    before, started = _cpu_seconds(), time.perf_counter()
    reports = {
        name: step.report
        for name, step in steps.advance(workspace, names, str(uuid.uuid4()), stages={stage})
        if isinstance(step, steps.Pushed | steps.Unplanned)
    }
    figures = {
        "cpu_seconds": _cpu_seconds() - before,
        "seconds": time.perf_counter() - started,
        "requests": sum(report.requests for report in reports.values()),
        "rate_limited": sum(report.rate_limited for report in reports.values()),
        "created": sum(report.created for report in reports.values()),
        "not_ok": {name: one.told for name, one in reports.items() if one.status != "ok"},
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
