"""Reading the warehouse into ``warehouse_contacts``: all of it, or only what changed."""

from pathlib import Path

from contacts_pipeline.settings import Settings
from contacts_pipeline.snapshots import replacing
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.query import contacts_query
from contacts_pipeline.warehouse.snapshot import write_contacts


def extract_contacts(settings: Settings, snapshot: Path, scratch: Path) -> int:
    """Write ``warehouse_contacts`` and return its number of rows.

    Columns: ``source_key, location_id`` (text), ``updated_at`` (UTC timestamp, null where missing
    or unreadable), ``updated_at_raw``, ``origin`` (by ``survivorship.source_priority``), every
    column of ``contact.TEXT_COLUMNS`` as text (a list as its JSON), ``custom_fields`` (map of text
    to text).
    """
    with open_warehouse(settings, scratch) as reader:
        query = contacts_query(reader, settings)
        with reader.stream(query.select()) as batches, replacing(snapshot) as part:
            return write_contacts(batches, list(settings.contacts.custom_fields), part)
