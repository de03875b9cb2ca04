"""Alerts: whether each way has what it needs; nobody is told anything.

Otherwise a variable that is not set shows at the first incident, of which nobody hears then.
"""

from collections.abc import Iterator
from typing import Literal

from contacts_pipeline.alerts import ways
from contacts_pipeline.finding import Finding
from contacts_pipeline.workspace import Workspace


def examine(workspace: Workspace) -> Iterator[Finding]:
    """A line for each way that the settings name: an error where none is left to tell by."""
    found = ways(workspace.settings.alerts, workspace.environ)
    level: Literal["warning", "error"] = "warning" if None in found.values() else "error"
    for way, wrong in found.items():
        if wrong is None:
            yield Finding("ok", "alert_way", f"alerts.{way}", "it has what it needs to tell you")
            continue
        subject, _, told = str(wrong).partition(": ")
        what, _, remedy = told.partition("; ")
        yield Finding(level, "alert_way", subject, f"{what}, and nobody is told by it", remedy)
