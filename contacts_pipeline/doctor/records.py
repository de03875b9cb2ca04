"""The ledger: whether it opens, and what an earlier push left unsettled in it."""

from collections.abc import Iterator

from contacts_pipeline.finding import Finding
from contacts_pipeline.ledger.migrations import newest_version
from contacts_pipeline.steps import pushes_of_enabled
from contacts_pipeline.workspace import Workspace


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Open the ledger, and count what the CRM has not been asked about yet."""
    with workspace.ledger() as ledger:
        known = ledger.locations_with_contacts()
        told = f"version {newest_version()}; contacts of {len(known)} locations are known"
        yield Finding("ok", "ledger_opens", f"ledger {ledger.shown}", told)
        for location_id, pushed in sorted(pushes_of_enabled(workspace, ledger).items()):
            if pushed["status"] != "ok":
                yield Finding(
                    "warning",
                    "last_push",
                    f"location {location_id}",
                    f"its last push ended {pushed['status']} ({pushed['reason']})",
                    f"contacts-pipeline outcomes --location {location_id}",
                )
