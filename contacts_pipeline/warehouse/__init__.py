"""The user's warehouse: its contacts and its registry of locations."""

from contacts_pipeline.warehouse.examine import examine
from contacts_pipeline.warehouse.extract import Extraction, Source, extract_contacts
from contacts_pipeline.warehouse.locations import load_locations, read_locations, save_locations
from contacts_pipeline.warehouse.query import field_sources
from contacts_pipeline.warehouse.statements import Replacement
from contacts_pipeline.warehouse.writing import Writer, open_writer

__all__ = [
    "Extraction",
    "Replacement",
    "Source",
    "Writer",
    "examine",
    "extract_contacts",
    "field_sources",
    "load_locations",
    "open_writer",
    "read_locations",
    "save_locations",
]
