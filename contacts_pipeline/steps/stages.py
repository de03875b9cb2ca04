"""What steps keep on disk, and what a stage says when the one before it is missing."""

from pathlib import Path

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.snapshots import file_name
from contacts_pipeline.workspace import Workspace


class StageMissingError(PipelineError):
    """A stage that this one reads has not been written yet."""

    code = "stage_missing"


def stage(workspace: Workspace, name: str) -> Path:
    """The snapshot of a stage that must be there."""
    path = workspace.snapshot(name)
    if not path.exists():
        raise StageMissingError(f"{name}: not materialised yet; materialise it first")
    return path


def unified_contacts(workspace: Workspace) -> Path:
    """The ``valid_contacts`` that ``unique_contacts`` was made from, which may be older."""
    path = unified_path(workspace)
    return path if path.exists() else stage(workspace, "valid_contacts")


def unified_path(workspace: Workspace) -> Path:
    """Where it is kept."""
    return workspace.snapshots / "unified" / "valid_contacts.parquet"


def location_snapshot(workspace: Workspace, name: str, location_id: str) -> Path:
    """Where a stage of one location is kept, for the CRM that the settings name."""
    crm = file_name(workspace.settings.crm.base_url)
    return workspace.snapshots / name / crm / f"{file_name(location_id)}.parquet"


def catalogue_path(workspace: Workspace, location_id: str) -> Path:
    """Where the custom fields of a location are kept, as they were last read."""
    crm = file_name(workspace.settings.crm.base_url)
    return workspace.data / "custom_fields" / crm / f"{file_name(location_id)}.json"


def details_path(workspace: Workspace, location_id: str) -> Path:
    """Where it is kept whether a location allows duplicates, as it was last read."""
    crm = file_name(workspace.settings.crm.base_url)
    return workspace.data / "locations" / crm / f"{file_name(location_id)}.json"
