"""The texts that identities have for custom fields with a type, each distinct one shaped once."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from contacts_pipeline.plan.custom_fields import CustomField, shape_custom_value

CustomFields = Mapping[str, CustomField]
"""A location's custom fields by key."""

_TEXT = pa.string()
TYPED_CUSTOM_FIELDS = pa.schema([("location_id", _TEXT), ("key", _TEXT)])
"""``typed_custom_fields``: those in which not every text is a value."""

CUSTOM_VALUES = pa.schema(
    [
        ("location_id", _TEXT),
        ("key", _TEXT),
        ("text", _TEXT),
        ("id", _TEXT),
        ("value", _TEXT),
        ("warnings", pa.list_(pa.struct([("code", _TEXT), ("field", _TEXT), ("detail", _TEXT)]))),
    ]
)
"""``custom_values``: a text of a typed field, its value as JSON (null: not sent), the warnings."""

_TEXTS = """
with entries as (
    select location_id, unnest(map_entries(custom_fields)) as entry
    from unique_contacts
    semi join typed_custom_fields using (location_id)
)

select distinct entries.location_id, typed.key, entries.entry.value
from entries
join typed_custom_fields as typed
    on typed.location_id = entries.location_id and typed.key = entries.entry.key
where entries.entry.value is not null
"""


def define_custom_values(
    con: duckdb.DuckDBPyConnection, locations: Mapping[str, CustomFields]
) -> None:
    """Register ``typed_custom_fields`` and ``custom_values`` on a connection with the contacts.

    Args:
        con: Has ``unique_contacts``.
        locations: The custom fields of each location, by its id.
    """
    typed = [
        {"location_id": location_id, "key": key}
        for location_id, fields in locations.items()
        for key, field in fields.items()
        if not field.is_plain
    ]
    con.register("typed_custom_fields", pa.Table.from_pylist(typed, TYPED_CUSTOM_FIELDS))
    found = con.execute(_TEXTS).fetchall() if typed else []
    rows = [_row(where, key, text, locations[where][key]) for where, key, text in found]
    con.register("custom_values", pa.Table.from_pylist(rows, CUSTOM_VALUES))


def plain_fields(fields: CustomFields) -> list[tuple[str, str]]:
    """Key and id of the fields in which every text is a value."""
    return [(key, field.id) for key, field in fields.items() if field.is_plain]


def _row(location_id: str, key: str, text: str, field: CustomField) -> dict[str, object]:
    shaped = shape_custom_value(field, text)
    return {
        "location_id": location_id,
        "key": key,
        "text": text,
        "id": field.id,
        "value": shaped.value,
        "warnings": [
            {"code": code, "field": "customFields", "detail": f"{key}: {detail}"}
            for code, detail in shaped.warnings
        ],
    }
