"""The tables of the write-back and their columns; docs/warehouses.md explains each.

Keys of the source, ids of the CRM, codes and counts; of a contact's values nothing but masked ones.
"""

import pyarrow as pa

_TEXT, _NUMBER, _MOMENT = pa.string(), pa.int64(), pa.timestamp("us", tz="UTC")
_PLACE = [
    pa.field("run_id", _TEXT, nullable=False),
    pa.field("crm", _TEXT, nullable=False),
    pa.field("location_id", _TEXT, nullable=False),
]
_SOURCE_KEY = pa.field("source_key", _TEXT, nullable=False)
COUNTS = (
    "extracted",
    "rejected",
    "merged",
    "unchanged",
    "held",
    "deferred",
    "created",
    "updated",
    "refused",
    "failed",
    "unknown",
    "requests",
)

TABLES = {
    "pushes": pa.schema(
        [
            *_PLACE,
            ("plan_id", _TEXT),
            ("started_at", _MOMENT),
            ("finished_at", _MOMENT),
            ("status", _TEXT),
            ("reason", _TEXT),
            *((name, _NUMBER) for name in COUNTS),
            ("ledger_version", _NUMBER),
        ]
    ),
    "outcomes": pa.schema(
        [
            *_PLACE,
            _SOURCE_KEY,
            ("identity", _TEXT),
            ("outcome", _TEXT),
            ("code", _TEXT),
            ("contact_id", _TEXT),
            ("changed_fields", _TEXT),
            ("predicted", _TEXT),
            ("predicted_contact_id", _TEXT),
            ("inferred", pa.bool_()),
            ("tries", _NUMBER),
        ]
    ),
    "conflicts": pa.schema(
        [
            *_PLACE,
            _SOURCE_KEY,
            ("identity", _TEXT),
            ("outcome", _TEXT),
            ("code", _TEXT),
            ("field", _TEXT),
            ("contact_id", _TEXT),
            ("holder", _TEXT),
        ]
    ),
    "rejections": pa.schema(
        [
            *_PLACE,
            _SOURCE_KEY,
            ("code", _TEXT),
            ("field", _TEXT),
            ("masked_value", _TEXT),
            ("whole_row", pa.bool_()),
        ]
    ),
    "contact_ids": pa.schema([*_PLACE, _SOURCE_KEY, ("contact_id", _TEXT), ("known_at", _MOMENT)]),
}
"""Table to columns; the first three say where a row is from."""
