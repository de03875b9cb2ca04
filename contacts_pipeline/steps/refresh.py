"""One scan for all locations: the registry, the warehouse, and every row judged and unified."""

from collections.abc import Collection
from difflib import get_close_matches

from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import Location
from contacts_pipeline.steps.stages import stage
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


def validate(workspace: Workspace) -> None:
    """Judge every row: ``valid_contacts``."""
    write_valid_contacts(
        stage(workspace, "warehouse_contacts"),
        stage(workspace, "crm_locations"),
        workspace.snapshot("valid_contacts"),
        workspace.settings,
        scratch=workspace.scratch,
    )


def unify(workspace: Workspace) -> None:
    """One row an identity and location: ``unique_contacts``."""
    write_unique_contacts(
        stage(workspace, "valid_contacts"),
        stage(workspace, "crm_locations"),
        workspace.snapshot("unique_contacts"),
        workspace.settings,
        scratch=workspace.scratch,
    )
