"""From ``warehouse_contacts`` to ``unique_contacts``, in DuckDB; knows no Dagster and no HTTP."""

from contacts_pipeline.prepare.codes import FieldWarning, Reason, Rejection
from contacts_pipeline.prepare.registry_countries import country_meant
from contacts_pipeline.prepare.stages import write_unique_contacts, write_valid_contacts
from contacts_pipeline.prepare.unify import unify_contacts
from contacts_pipeline.prepare.validate import validate_contacts

__all__ = [
    "FieldWarning",
    "Reason",
    "Rejection",
    "country_meant",
    "unify_contacts",
    "validate_contacts",
    "write_unique_contacts",
    "write_valid_contacts",
]
