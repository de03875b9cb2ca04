"""Reading the CRM before a plan: its contacts, its custom fields."""

from contacts_pipeline.pull.asking import Asker, Door, ReadSettings, asking
from contacts_pipeline.pull.catalogue import load_catalogue, must_be_read
from contacts_pipeline.pull.contacts import ContactsRead
from contacts_pipeline.pull.details import details_are_old, load_allows_duplicates
from contacts_pipeline.pull.read import LocationRead, ReadResult, read_locations

__all__ = [
    "Asker",
    "ContactsRead",
    "Door",
    "LocationRead",
    "ReadResult",
    "ReadSettings",
    "asking",
    "details_are_old",
    "load_allows_duplicates",
    "load_catalogue",
    "must_be_read",
    "read_locations",
]
