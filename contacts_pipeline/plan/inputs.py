"""The tables that a plan reads and other rooms write."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.contact import FIELD_COLUMNS

_KINDS = {"tags": pa.list_(pa.string()), "dnd": pa.bool_()}
_LISTED_AT = b"contacts_pipeline.listed_at"

CRM_CONTACTS = pa.schema(
    [("location_id", pa.string()), ("contact_id", pa.string())]
    + [(column, _KINDS.get(column, pa.string())) for column in FIELD_COLUMNS.values()]
)
"""``crm_contacts``: a contact's id and its fields as the CRM holds them; tags sorted."""

LOCATIONS = pa.schema(
    [
        ("location_id", pa.string()),
        ("matches_email", pa.bool_()),
        ("matches_phone", pa.bool_()),
        ("allows_duplicates", pa.bool_()),
        ("listed_at", pa.timestamp("us")),
        ("is_fresh", pa.bool_()),
        ("custom_fields", pa.map_(pa.string(), pa.string())),
    ]
)
"""``locations``: what the relations of the plan know of a location.

Whether its duplicate rule looks at email and at phone, and whether several contacts may hold one
value; up to when its list shows everything (UTC, null without a list that says so) and whether it
was read in this run; custom field keys to ids.
"""

DEFERRED_CONTACTS = pa.schema([("location_id", pa.string()), ("identity", pa.string())])
"""``deferred_contacts``: the identities that the last push of their location had to leave."""


def crm_contacts_schema(listed_at: datetime) -> pa.Schema:
    """The schema of a list whose reading began at ``listed_at``: what came later may be missing."""
    return CRM_CONTACTS.with_metadata({_LISTED_AT: listed_at.astimezone(UTC).isoformat().encode()})


def read_listed_at(path: Path) -> datetime | None:
    """When the reading of the list at ``path`` began; None if the file does not say."""
    stored = (pq.read_schema(path).metadata or {}).get(_LISTED_AT)
    return datetime.fromisoformat(stored.decode()) if stored else None
