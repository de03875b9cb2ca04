"""The user's warehouse: its contacts and its registry of locations."""

from contacts_pipeline.warehouse.contacts import extract_contacts, field_sources
from contacts_pipeline.warehouse.examine import examine
from contacts_pipeline.warehouse.locations import load_locations, read_locations, save_locations

__all__ = [
    "examine",
    "extract_contacts",
    "field_sources",
    "load_locations",
    "read_locations",
    "save_locations",
]
