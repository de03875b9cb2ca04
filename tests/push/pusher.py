"""A pusher without Dagster, for tests that start dozens: ``python -m tests.push.pusher FOLDER``."""

import contextlib
import sys
import uuid
from pathlib import Path

from contacts_pipeline import steps
from contacts_pipeline.errors import PipelineError
from contacts_pipeline.workspace import Workspace


def push(folder: Path) -> None:
    """Plan, push and prove on prepared stages; prints each location's end."""
    workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
    names = list(steps.registered_locations(workspace))
    stages: set[steps.Stage] = {"upsert_plan", "contact_upserts", "upsert_outcomes"}
    with contextlib.suppress(PipelineError):
        for name, step in steps.advance(workspace, names, str(uuid.uuid4()), stages=stages):
            if isinstance(step, steps.Unplanned | steps.Pushed):
                assert step.report.conserved, step.report
                sys.stdout.write(f"{name} {step.report.status} {step.report.reason}\n")


if __name__ == "__main__":
    push(Path(sys.argv[1]))
