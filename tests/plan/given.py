"""What a plan is given, and what it sends: contacts and locations as the other rooms write them.

What a test does not name is empty.
"""

import json
from datetime import datetime
from typing import Any

import pyarrow as pa

from contacts_pipeline.contact import CHANNEL_COLUMNS, FIELD_COLUMNS
from contacts_pipeline.keyed_hash import keyed_hash
from contacts_pipeline.plan import CustomField, PlannedLocation

KEY = b"a key of thirty-two bytes, or so"
OLD, LISTED, NEW = (datetime.fromisoformat(f"2026-01-0{day}T12:00") for day in (1, 2, 3))

_TEXT = [column for column in FIELD_COLUMNS.values() if column not in {"tags", "dnd"}]
UNIQUE_CONTACTS = pa.schema(
    [
        ("location_id", pa.string()),
        ("identity", pa.string()),
        ("source_keys", pa.list_(pa.string())),
        ("updated_at", pa.timestamp("us")),
        *((column, pa.string()) for column in _TEXT),
        ("tags", pa.list_(pa.string())),
        ("dnd", pa.bool_()),
        *((column, pa.bool_()) for column in (*CHANNEL_COLUMNS.values(), "inbound_dnd")),
        ("custom_fields", pa.map_(pa.string(), pa.string())),
        ("hold", pa.string()),
    ]
)
VALID_CONTACTS = pa.schema(
    [("location_id", pa.string()), ("source_key", pa.string()), ("rejection", pa.string())]
)

Row = dict[str, Any]


def contact(*keys: str, **columns: Any) -> Row:
    """An identity of these source keys, as a row of ``unique_contacts``."""
    return {"location_id": "acme", "identity": min(keys), "source_keys": sorted(keys)} | columns


def crowd(size: int, *locations: str) -> list[Row]:
    """Contacts of which many share phones."""
    return [
        contact(
            f"{number:03}",
            location_id=locations[number % len(locations)],
            email=f"p{number}@example.com" if number % 5 else None,
            phone=f"+120255501{number % 40:02}",
            updated_at=(OLD, NEW, None)[number % 3],
        )
        for number in range(size)
    ]


def location(location_id: str = "acme", **facts: Any) -> PlannedLocation:
    """A location with the limits of the vendor and no breakers."""
    known: dict[str, Any] = {
        "location_id": location_id,
        "match": "email,phone",
        "burst_limit": 100,
        "interval_ms": 10_000,
        "max_reject_share": 1.0,
        "max_create_share": 1.0,
        "max_shrink_share": 1.0,
        "daily_limit": 200_000,
        "daily_reserve": 0,
        "custom_fields": {},
    }
    named = known | facts
    fields = {key: _field(field) for key, field in named["custom_fields"].items()}
    return PlannedLocation(**(named | {"custom_fields": fields}))


def _field(field: CustomField | str) -> CustomField:
    return CustomField(field) if isinstance(field, str) else field


def hashed(kind: str, value: str | None) -> str | None:
    """The keyed hash of a value under the bench's key."""
    return keyed_hash(KEY, kind, value) if value is not None else None


def body(row: Row) -> Any:
    """The body that a row sends, without the location's id; None if it sends none."""
    sent = json.loads(row["body"]) if row["body"] is not None else None
    return {key: value for key, value in sent.items() if key != "locationId"} if sent else None
