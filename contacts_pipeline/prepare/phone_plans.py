"""Which parts of the numbering plans a source uses, laid out in tables before its rows are read.

Most phones fall in few parts. A part that many phones share is laid out; the phones of the
others, and whatever a table leaves open, go to the library one by one.
"""

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import chained_sql, define, keep, relation_sql
from contacts_pipeline.prepare.phone_tables import (
    FIRST_DIGITS,
    UNSETTLED,
    calling_codes,
    has_a_plan,
    international_prefix,
    lay_out,
)
from contacts_pipeline.prepare.phones import Strictness

PACKAGE = "contacts_pipeline.prepare"
WORTH_LAYING_OUT = 200
"""Phones that cost the library as much as laying out their part: ten milliseconds."""

TO_SCOPED = ("tidied_contacts", "named_contacts", "located_contacts", "scoped_contacts")
"""Relations that read the phones of a source, each over the one before."""

SAMPLE = 100_000
"""Rows that tell which parts a source uses."""

_HIGHEST_HASH = 2**64 - 1
_TEXT = pa.string()


def know_regions(con: duckdb.DuckDBPyConnection) -> None:
    """Define ``phone_regions`` and ``calling_codes``: how numbers are dialled, for this source."""
    define(con, PACKAGE, "dialled_regions", "table")
    regions = con.execute("select region from dialled_regions").fetchall()
    keep(
        con,
        "phone_regions",
        {"region": _TEXT, "international_prefix": _TEXT},
        [(region, international_prefix(region)) for (region,) in regions if has_a_plan(region)],
    )
    keep(con, "calling_codes", {"start": _TEXT, "scope": _TEXT}, calling_codes())


def lay_out_phones(
    con: duckdb.DuckDBPyConnection, strictness: Strictness, lay_out_from: int = WORTH_LAYING_OUT
) -> None:
    """Define ``phone_depths`` and ``phone_starts``: the parts that ``scoped_contacts`` use."""
    rows = con.execute("select count(*) from warehouse_contacts").fetchall()[0][0]
    every = max(1, rows // SAMPLE)
    counted = con.execute(
        chained_sql(PACKAGE, TO_SCOPED, relation_sql(PACKAGE, "phone_parts")),
        {"highest": _HIGHEST_HASH // every},
    ).fetchall()
    parts = {
        part: lay_out(part, strictness)
        for part, phones in counted
        if phones * every >= lay_out_from
    }
    depths = [(part, laid.depth) for part, laid in parts.items()]
    keep(con, "phone_depths", {"plan_part": _TEXT, "depth": pa.int64()}, [("", None), *depths])
    starts = [
        (part[:-FIRST_DIGITS] + leaf.start, leaf.e164)
        for part, laid in parts.items()
        for leaf in laid.leaves
    ]
    keep(con, "phone_starts", {"start": _TEXT, "e164": _TEXT}, [("", UNSETTLED), *starts])
