"""What a plan reads from the ledger, as Arrow tables for DuckDB; lists and maps are JSON text."""

import pyarrow as pa

KNOWN_CONTACTS = pa.schema(
    [
        ("location_id", pa.string()),
        ("contact_id", pa.string()),
        ("source_keys", pa.string()),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("hashes", pa.string()),
        ("row_hash", pa.string()),
        ("known_at", pa.timestamp("us")),
    ]
)
ACKNOWLEDGED_CONTACTS = pa.schema(
    [
        ("location_id", pa.string()),
        ("contact_id", pa.string()),
        ("source_keys", pa.string()),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("row_hash", pa.string()),
        ("known_at", pa.timestamp("us")),
        ("changes", pa.int64()),
    ]
)
ACKNOWLEDGED_FIELDS = pa.schema(
    [("location_id", pa.string()), ("contact_id", pa.string()), ("hashes", pa.string())]
)
UNSETTLED = pa.schema(
    [
        ("location_id", pa.string()),
        ("identity", pa.string()),
        ("source_keys", pa.string()),
        ("effect", pa.string()),
        ("predicted_contact_id", pa.string()),
        ("email_hash", pa.string()),
        ("phone_hash", pa.string()),
        ("intended_at", pa.timestamp("us")),
        ("changes", pa.int64()),
    ]
)

PLAN_OUTCOMES = pa.schema(
    [
        ("location_id", pa.string()),
        ("run_id", pa.string()),
        ("identity", pa.string()),
        ("outcome", pa.string()),
        ("code", pa.string()),
        ("contact_id", pa.string()),
        ("predicted", pa.string()),
        ("predicted_contact_id", pa.string()),
        ("inferred", pa.bool_()),
        ("tries", pa.int64()),
        ("warnings", pa.string()),
    ]
)
"""The final state of each identity that a run attempted by a plan."""
