"""A relation of this room by itself: small tables in, its rows out.

Columns are text unless their name says otherwise; a column that no row gives is null.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, relation_sql
from contacts_pipeline.prepare.validate import PACKAGE
from tests.prepare.tables import VALID_CONTACTS

Table = list[dict[str, Any]]
TEXT, NUMBER, FLAG = pa.string(), pa.int64(), pa.bool_()
KEYED = pa.schema(
    [
        *(field for field in VALID_CONTACTS if field.name not in {"rejection", "warnings"}),
        ("identity_key", TEXT),
        ("joined_by", TEXT),
        ("hold", TEXT),
    ]
)
MEMBERS = pa.schema(
    [
        *KEYED,
        ("age", NUMBER),
        ("source_rank", NUMBER),
        ("name_text", TEXT),
        ("address_text", TEXT),
        ("blocks", TEXT),
    ]
)
SCHEMAS: dict[str, pa.Schema] = {
    "valid_contacts": VALID_CONTACTS,
    "keyed_contacts": KEYED,
    "merged_members": MEMBERS,
    "warehouse_contacts": VALID_CONTACTS,
    "other_rules": pa.schema([("field", TEXT), ("rule", TEXT)]),
    "survivorship": pa.schema([("sources", pa.list_(TEXT))]),
}
_KINDS = dict.fromkeys(("node", "label", "age"), NUMBER) | dict.fromkeys(
    ("match_email", "match_phone", "enabled", "guessed"), FLAG
)


class Case(NamedTuple):
    """What a reader should learn, the inputs, and the rows that come out, in any order."""

    told: str
    given: dict[str, Table]
    gives: Table


def rows_of(relation: str, given: dict[str, Table], columns: list[str]) -> Table:
    """``columns`` of the relation over the tables ``given``."""
    with duckdb.connect() as con:
        con.execute(relation_sql(PACKAGE, "macros"))
        for name, rows in given.items():
            con.register(name, pa.Table.from_pylist(rows, _schema(name, rows)))
        define(con, PACKAGE, relation)
        found = con.sql(f'from "{relation}"').to_arrow_table().to_pylist()
    return [{column: row[column] for column in columns} for row in found]


def of(columns: str, *rows: tuple[Any, ...]) -> Table:
    """A table: the names of its columns, then its rows."""
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def _schema(name: str, rows: Table) -> pa.Schema:
    return SCHEMAS.get(name) or pa.schema(list(_columns(rows)))


def _columns(rows: Table) -> Iterator[tuple[str, pa.DataType]]:
    for column in dict.fromkeys(column for row in rows for column in row):
        yield column, _KINDS.get(column, TEXT)
