"""Reading the CRM before a plan: its contacts, its custom fields."""

from contacts_pipeline.pull.catalogue import load_catalogue, must_be_read
from contacts_pipeline.pull.read import LocationRead, ReadResult, ReadSettings, read_locations

__all__ = [
    "LocationRead",
    "ReadResult",
    "ReadSettings",
    "load_catalogue",
    "must_be_read",
    "read_locations",
]
