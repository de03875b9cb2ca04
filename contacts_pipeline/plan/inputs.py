"""The tables that a plan reads and other rooms write."""

import pyarrow as pa

from contacts_pipeline.contact import FIELD_COLUMNS

_KINDS = {"tags": pa.list_(pa.string()), "dnd": pa.bool_()}

CRM_CONTACTS = pa.schema(
    [("location_id", pa.string()), ("contact_id", pa.string())]
    + [(column, _KINDS.get(column, pa.string())) for column in FIELD_COLUMNS.values()]
)
"""``crm_contacts``: a contact's id and its fields as the CRM holds them; tags sorted."""
