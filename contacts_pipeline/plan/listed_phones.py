"""Phones of the CRM's lists that are not in E.164, each distinct one read once as dialled there."""

from collections.abc import Mapping

import duckdb
import pyarrow as pa

from contacts_pipeline.plan.places import register_by_place
from contacts_pipeline.prepare.phones import judge_phone

LISTED_PHONES = pa.schema(
    [("location_id", pa.string()), ("text", pa.string()), ("phone", pa.string())]
)
"""``listed_phones``: a text that stands for a phone in a list, and the number (E.164) it is."""

_TEXTS = r"""
select distinct location_id::varchar, phone
from listed_rows
where not regexp_full_match(phone, '\+[1-9][0-9]{6,14}')
"""


def define_listed_phones(con: duckdb.DuckDBPyConnection, regions: Mapping[str, str | None]) -> None:
    """Register ``listed_phones`` on a connection with the lists.

    Args:
        con: Has ``listed_rows``.
        regions: The country of each location, in which a number without one is dialled.
    """
    # What is possible and not valid is no number of ours; that it is there must still be known.
    read = [
        (location_id, text, judge_phone(text, regions[location_id], "possible").value)
        for location_id, text in con.execute(_TEXTS).fetchall()
    ]
    rows = [dict(zip(LISTED_PHONES.names, row, strict=True)) for row in read if row[2]]
    register_by_place(con, "listed_phones", pa.Table.from_pylist(rows, LISTED_PHONES))
