"""What nobody needs any more, removed: plans and outcomes, which hold values, and old pushes.

What a location that is enabled still needs is its planner's to say. A list of the CRM's contacts
stays in any case: a location that is enabled again is planned with it.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from contacts_pipeline.ledger import forget_pushes, utc_now
from contacts_pipeline.snapshots import file_name
from contacts_pipeline.steps.refresh import registered_locations
from contacts_pipeline.workspace import Workspace

_STAGES = ("upsert_plan", "upsert_outcomes")
_DAY_SECONDS = 86_400


def remove_old_snapshots(workspace: Workspace, days: float) -> int:
    """Remove what is older than ``days`` of every location but those enabled in this CRM.

    Returns the number of files.
    """
    if not workspace.snapshot("crm_locations").exists():
        return 0
    oldest = time.time() - days * _DAY_SECONDS
    crm = file_name(workspace.settings.crm.base_url)
    needed = {
        file_name(name) for name, one in registered_locations(workspace).items() if one.enabled
    }
    removed = 0
    for stage in _STAGES:
        for path in _of_locations(workspace.snapshots / stage):
            if path.parent.name == crm and path.stem in needed:
                continue
            files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
            if all(file.stat().st_mtime < oldest for file in files):
                for file in files:
                    file.unlink(missing_ok=True)
                removed += len(files)
    return removed


def forget_old_pushes(workspace: Workspace, days: float) -> int:
    """Remove from the ledger how pushes ended that are older than ``days``; returns how many.

    How each location stands now is not forgotten, whatever its age.
    """
    with workspace.ledger() as ledger:
        return forget_pushes(ledger, utc_now() - timedelta(days=days))


def _of_locations(stage: Path) -> Iterator[Path]:
    """A folder or file a location, in a folder a CRM; what is being written has a leading dot."""
    return (path for path in stage.glob("*/*") if not path.name.startswith("."))
