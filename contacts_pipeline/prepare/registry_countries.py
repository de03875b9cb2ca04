"""What a country of the registry means outside this room: read by the relation that reads rows'."""

from functools import lru_cache

import duckdb

from contacts_pipeline.engine import relation_sql
from contacts_pipeline.prepare.countries import vendor_countries
from contacts_pipeline.prepare.validate import PACKAGE, resolve_countries


@lru_cache(10_000)
def country_meant(written: str | None) -> str | None:
    """The alpha-2 code, as in ``resolved_locations``; None where it is no country, or none."""
    text = (written or "").strip()
    code = text.upper()
    if code in vendor_countries():
        return code
    return _resolved(text) if text else None


def _resolved(text: str) -> str | None:
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.execute(relation_sql(PACKAGE, "macros"))
        con.execute("create temp table warehouse_contacts (country varchar)")
        con.execute("create temp table crm_locations as select $1 as country", [text])
        resolve_countries(con)
        ((country,),) = con.execute("select country from resolved_countries").fetchall()
    return str(country) if country else None
