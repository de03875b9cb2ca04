"""``contacts.yaml`` as pydantic models, a module a section; ``load_settings`` reads the file."""

from contacts_pipeline.settings.contacts import Contacts, FieldMap
from contacts_pipeline.settings.crm import Crm, OAuth
from contacts_pipeline.settings.file import environment, load_settings
from contacts_pipeline.settings.locations import Location, LocationTable
from contacts_pipeline.settings.operation import Alerts, Automation, Checks, Retention, Smtp
from contacts_pipeline.settings.policy import Policy
from contacts_pipeline.settings.section import is_loopback
from contacts_pipeline.settings.settings import Settings
from contacts_pipeline.settings.warehouse import Warehouse

__all__ = [
    "Alerts",
    "Automation",
    "Checks",
    "Contacts",
    "Crm",
    "FieldMap",
    "Location",
    "LocationTable",
    "OAuth",
    "Policy",
    "Retention",
    "Settings",
    "Smtp",
    "Warehouse",
    "environment",
    "is_loopback",
    "load_settings",
]
