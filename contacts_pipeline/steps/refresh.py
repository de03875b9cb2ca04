"""One scan for all locations: the registry, the warehouse, and every row judged and unified."""

from collections.abc import Collection
from difflib import get_close_matches

from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import Location
from contacts_pipeline.snapshots import keeping, unchanging
from contacts_pipeline.steps.audits import Judged, Unified, audit_judgement, audit_unification
from contacts_pipeline.steps.stages import stage, unified_path
from contacts_pipeline.warehouse import (
    Extraction,
    extract_contacts,
    load_locations,
    read_locations,
    save_locations,
)
from contacts_pipeline.workspace import Workspace


def refresh_locations(workspace: Workspace) -> list[Location]:
    """Read the registry into ``crm_locations``."""
    locations = read_locations(workspace.settings, workspace.scratch)
    save_locations(locations, workspace.snapshot("crm_locations"))
    return locations


def registered_locations(workspace: Workspace) -> dict[str, Location]:
    """``crm_locations`` by id, in the registry's order."""
    return load_locations(stage(workspace, "crm_locations"))


def told_unregistered(name: str, registry: Collection[str]) -> str:
    """What to tell of a location that is not in the registry, with the one that may be meant."""
    near = get_close_matches(name, registry, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"there is {', '.join(registry)}"
    return f"the registry has no such location; {hint}"


def extract(workspace: Workspace, *, full_refresh: bool = False) -> Extraction:
    """Read the warehouse into ``warehouse_contacts``; ``full_refresh`` reads all of it again."""
    return extract_contacts(
        workspace.settings,
        workspace.snapshot("warehouse_contacts"),
        workspace.scratch,
        full_refresh=full_refresh,
    )


def validate(workspace: Workspace) -> Judged:
    """Judge every row: ``valid_contacts``; both stages counted again."""
    judged = workspace.snapshot("valid_contacts")
    with unchanging(stage(workspace, "warehouse_contacts")) as (extracted,):
        write_valid_contacts(
            extracted,
            stage(workspace, "crm_locations"),
            judged,
            workspace.settings,
            scratch=workspace.scratch,
        )
        return audit_judgement(extracted, judged)


def unify(workspace: Workspace) -> Unified:
    """One row an identity and location: ``unique_contacts``; both stages counted again.

    What it is made from is kept beside it: whatever is read of both must be of one refresh.
    """
    unique, locations = workspace.snapshot("unique_contacts"), stage(workspace, "crm_locations")
    with keeping(stage(workspace, "valid_contacts"), unified_path(workspace)) as valid:
        write_unique_contacts(
            valid, locations, unique, workspace.settings, scratch=workspace.scratch
        )
        return audit_unification(valid, unique, locations)
