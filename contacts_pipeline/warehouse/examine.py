"""Whether the warehouse holds what the settings name, without reading its contacts."""

from collections.abc import Iterator
from pathlib import Path

from contacts_pipeline.finding import Finding
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.locations import read_locations
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.query import contacts_query, field_sources


def examine(settings: Settings, scratch: Path) -> Iterator[Finding]:
    """The registry of locations, and every column and expression of the contacts.

    Raises:
        WarehouseError: names the first thing that is not there.
    """
    locations = read_locations(settings, scratch)
    enabled = sum(location.enabled for location in locations)
    told = f"{len(locations)} locations, {enabled} enabled"
    yield Finding("ok", "registry_readable", "registry", told)
    with open_warehouse(settings, scratch) as reader:
        contacts_query(reader, settings)
    fields = len(field_sources(settings.contacts)) + len(settings.contacts.custom_fields)
    told = f"readable; {fields} fields are mapped and there"
    yield Finding("ok", "contacts_readable", f"warehouse {shown(settings.warehouse.url)}", told)
    if settings.contacts.updated_at is None:
        yield Finding(
            "warning",
            "updated_at_missing",
            "contacts.updated_at",
            "not set: of rows that differ the one with the smallest key wins",
            "name the column that says when a row was changed",
        )
