"""The two stages of this room, from snapshot to snapshot."""

import secrets
from datetime import date
from pathlib import Path

from contacts_pipeline.engine import engine, save, scan
from contacts_pipeline.prepare.functions import forget_judged
from contacts_pipeline.prepare.unify import unify_contacts
from contacts_pipeline.prepare.validate import validate_contacts
from contacts_pipeline.settings import Settings
from contacts_pipeline.snapshots import MADE_FROM, SNAPSHOT_ID, snapshot_id, unchanging


def write_valid_contacts(
    warehouse_contacts: Path,
    crm_locations: Path,
    valid_contacts: Path,
    settings: Settings,
    *,
    scratch: Path,
    memory_limit: str | None = None,
    today: date | None = None,
) -> None:
    """Judge the rows of one snapshot and write them as another.

    Args:
        warehouse_contacts: Snapshot to read.
        crm_locations: Snapshot of the registry.
        valid_contacts: Snapshot to write.
        settings: How strict to be.
        scratch: Folder to spill to.
        memory_limit: Such as ``"4GiB"``, for DuckDB.
        today: Days of birth after it are in the future.
    """
    with (
        unchanging(warehouse_contacts, crm_locations) as (rows, registry),
        engine(scratch, memory_limit) as con,
    ):
        scan(con, "warehouse_contacts", rows)
        scan(con, "crm_locations", registry)
        validate_contacts(con, settings, today)
        save(con, "from valid_contacts", valid_contacts, **{SNAPSHOT_ID: secrets.token_hex(8)})
    forget_judged()


def write_unique_contacts(
    valid_contacts: Path,
    crm_locations: Path,
    unique_contacts: Path,
    settings: Settings,
    *,
    scratch: Path,
    memory_limit: str | None = None,
) -> None:
    """Unify the rows of one snapshot and write the identities as another, sorted by location.

    Args:
        valid_contacts: Snapshot to read.
        crm_locations: Snapshot of the registry.
        unique_contacts: Snapshot to write.
        settings: The policy for shared phones, and what survives.
        scratch: Folder to spill to.
        memory_limit: Such as ``"4GiB"``, for DuckDB.
    """
    with (
        unchanging(valid_contacts, crm_locations) as (rows, registry),
        engine(scratch, memory_limit) as con,
    ):
        scan(con, "valid_contacts", rows)
        scan(con, "crm_locations", registry)
        unify_contacts(con, settings)
        told = {SNAPSHOT_ID: secrets.token_hex(8), MADE_FROM: snapshot_id(rows) or ""}
        save(con, "from unique_contacts", unique_contacts, **told)
