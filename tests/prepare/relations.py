"""A relation of this room by itself: small tables in, its rows out.

Columns are text unless their name says otherwise; a column that no row gives is null.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from contacts_pipeline.contact import CHANNEL_COLUMNS, TEXT_COLUMNS
from contacts_pipeline.engine import relation_sql
from contacts_pipeline.prepare.functions import register_functions
from contacts_pipeline.prepare.plain_emails import set_address_patterns
from contacts_pipeline.prepare.validate import PACKAGE
from tests.prepare.tables import VALID_CONTACTS

Table = list[dict[str, Any]]
TEXT, NUMBER, FLAG, TEXTS = pa.string(), pa.int64(), pa.bool_(), pa.list_(pa.string())
_TIME, _FIELDS = pa.timestamp("us"), pa.map_(TEXT, TEXT)
_JUDGED = pa.struct([("value", TEXT), ("codes", TEXTS)])
_BLOCKS = ("dnd", *CHANNEL_COLUMNS.values(), "inbound_dnd")
_KINDS: dict[str, pa.DataType] = {
    **dict.fromkeys(("node", "label", "age", "depth", "origin_rank", "parts", "part"), NUMBER),
    **dict.fromkeys(("match_email", "match_phone", "enabled", "guessed", "is_foreign"), FLAG),
    **dict.fromkeys(
        ("location_known", "location_enabled", "country_guessed", "key_repeated"), FLAG
    ),
    **dict.fromkeys(("has_extension", "phone_settled", "email_settled", "postcode_padded"), FLAG),
    **dict.fromkeys((name.replace("dnd", "blocked", 1) for name in _BLOCKS[:-1]), FLAG),
    **dict.fromkeys(("blocked_inbound", "names_split", "placeholders_reject"), FLAG),
    **dict.fromkeys(("roles_reject", "roles_warn"), FLAG),
    **dict.fromkeys(("codes", "birthday_codes", "labels", "sources"), TEXTS),
    **dict.fromkeys(("judged_phone", "judged_email"), _JUDGED),
    **dict.fromkeys(("custom_fields", "own_fields", "custom_rules"), _FIELDS),
    "updated_at": _TIME,
    "key_hash": pa.uint64(),
}


def _schema(*names: str, **kinds: pa.DataType) -> pa.Schema:
    """Columns by name, each of the kind that its name has everywhere, but for ``kinds``."""
    return pa.schema([(name, (kinds | _KINDS).get(name, TEXT)) for name in (*names, *kinds)])


_KEYS = ("source_key", "location_id", "updated_at", "origin")
_WAREHOUSE = (*_KEYS, "updated_at_raw", *TEXT_COLUMNS, "custom_fields")
_LOCATED = (
    *(*_WAREHOUSE, "location_known", "location_enabled", "match_email", "match_phone", "match"),
    *("country_code", "country_guessed", "region"),
)
_DIALLED = (*_LOCATED, "has_extension", "phone_settled", "e164")
_ADDRESSED = (*_DIALLED, "email_settled", "address", "email_code")
_DESCRIBED = (*_ADDRESSED, "birthday", "birthday_codes", "iana_zone", "labels", "key_repeated")
_JUDGED_CONTACTS = (
    *(*_DESCRIBED, "judged_phone", "judged_email", "url", "postcode", "postcode_padded"),
    *("own_first_name", "own_last_name", "own_name", "own_fields", "blocked_inbound"),
    *(name.replace("dnd", "blocked", 1) for name in _BLOCKS[:-1]),
)
KEYED = pa.schema(
    [
        *(field for field in VALID_CONTACTS if field.name not in {"rejection", "warnings"}),
        *_schema("identity_key", "joined_by", "hold"),
    ]
)
SURVIVING = (
    *("name", "address", "email", "phone", "website", "timezone", "source", "date_of_birth"),
    *("company_name", "assigned_to", "gender"),
)
"""What a rule of survivorship chooses: two groups of fields, and fields."""

_MERGED = [field for field in KEYED if field.name != "identity_key"]
MEMBERS = pa.schema(
    [
        *(*_MERGED, *_schema("identity", "age", "origin_rank")),
        *_schema("name_text", "address_text", "blocks"),
    ]
)
_MEMBER = pa.struct(
    [*_schema("age", "source_key", "joined_by", "joined_on", "blocks"), ("has_tags", FLAG)]
)
CHOICES = pa.schema(
    [
        *(f for f in _MERGED if f.name not in {"source_key", "origin", "custom_fields"}),
        ("identity", TEXT),
        ("members", pa.list_(_MEMBER)),
        *((f"{field}_age", NUMBER) for field in SURVIVING),
        *((f"{field}_chosen", FLAG) for field in (*SURVIVING, "dnd", "tags")),
    ]
)
SCHEMAS: dict[str, pa.Schema] = {
    **dict.fromkeys(
        ("warehouse_contacts", "tidied_contacts", "named_contacts"), _schema(*_WAREHOUSE)
    ),
    "located_contacts": _schema(*_LOCATED, "international_prefix", "home_scope"),
    "scoped_contacts": _schema(*_LOCATED, "number", "plan_part", "has_extension"),
    "dialled_contacts": _schema(*_DIALLED),
    "addressed_contacts": _schema(*_ADDRESSED),
    "described_contacts": _schema(*_DESCRIBED),
    "judged_contacts": _schema(*_JUDGED_CONTACTS),
    "valid_contacts": VALID_CONTACTS,
    "crm_locations": _schema("location_id", "country", "match", "enabled"),
    "keyed_contacts": KEYED,
    "merged_members": MEMBERS,
    "survivor_ages": pa.schema([*_schema("identity"), *((f"{f}_from", NUMBER) for f in SURVIVING)]),
    "ranked_members": pa.schema([*MEMBERS, *((f"{field}_rank", NUMBER) for field in SURVIVING)]),
    "survivorship": _schema("sources", *SURVIVING, "custom_rules"),
    "merged_choices": CHOICES,
    "merged_custom_fields": _schema(
        "identity",
        "custom_fields",
        choices=pa.list_(pa.struct([*_schema("key", "age")])),
    ),
    "resolved_countries": _schema("country_raw", "country", "guessed"),
    "phone_regions": _schema("region", "international_prefix"),
    "repeated_keys": _schema("source_key"),
    "other_rules": _schema("field", "rule"),
}


class Case(NamedTuple):
    """What a reader should learn, the inputs, and the rows that come out, in any order."""

    told: str
    given: dict[str, Table]
    gives: Table
    asked: Mapping[str, Any] = {}


def rows_of(relation: str, case: Case) -> Table:
    """What the relation has in the columns that the case looks at."""
    with duckdb.connect() as con:
        con.execute(relation_sql(PACKAGE, "macros"))
        register_functions(con, "valid")
        set_address_patterns(con)
        for name, rows in case.given.items():
            schema = SCHEMAS.get(name) or pa.schema(list(_columns(rows)))
            con.register(name, pa.Table.from_pylist(rows, schema))
        found = con.sql(relation_sql(PACKAGE, relation), params=dict(case.asked))
        rows = found.to_arrow_table().to_pylist()
    return (
        [{column: row[column] for column in case.gives[0]} for row in rows] if case.gives else rows
    )


def of(columns: str, *rows: tuple[Any, ...]) -> Table:
    """A table: the names of its columns, then its rows."""
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def _columns(rows: Table) -> Iterator[tuple[str, pa.DataType]]:
    for column in dict.fromkeys(column for row in rows for column in row):
        yield column, _KINDS.get(column, TEXT)
