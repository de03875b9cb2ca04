"""What a driver gave, as text and as times in UTC, the same in every batch and every read.

Arrow reads most times, in a tenth of DuckDB's time; DuckDB the rest, and it writes every text.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MOMENT = pa.timestamp("us")
_OFFSET = r"\s*([+-]\d\d(:?\d\d)?|Z)\s*$"
_READ = rf"""
    select case when isfinite(moment) then moment at time zone 'UTC' end as moment
    from (
        select coalesce(
            try_cast(updated_at_raw as timestamptz),
            try_cast(
                updated_at_raw
                    .regexp_replace('^(\d{{4}}-\d\d-\d\d[ T]\d\d){_OFFSET}', '\1:00\2')
                    .regexp_replace('^(\d{{4}}-\d\d-\d\d[ T]\d\d:\d\d){_OFFSET}', '\1:00\2')
                    .regexp_replace('{_OFFSET}', '\1')
                as timestamptz
            )
        ) as moment
        from incoming
    )
"""
"""What Arrow reads, and more: an offset behind a blank, no offset, what is no time."""


@contextmanager
def typing_engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that reads times as UTC."""
    with duckdb.connect(":memory:", config={"threads": 1}) as con:
        con.execute("set timezone = 'UTC'")
        yield con


def number_as_text(sql: str) -> str:
    """A floating number as text, a whole one as an integer would be.

    pandas writes a column of integers so as soon as one is missing, which is NaN then.
    """
    whole = f"{sql} = trunc({sql}) and abs({sql}) < 1e15"
    text = f"if({whole}, cast(cast({sql} as bigint) as varchar), cast({sql} as varchar))"
    return f"case when not isnan({sql}) then {text} end"


def as_text(table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """The table with every column as text; a list becomes its JSON."""
    other = [field for field in table.schema if field.type != pa.string()]
    for field in other:
        position = table.schema.get_field_index(field.name)
        value = "cast(v as varchar)"
        if pa.types.is_nested(field.type):
            value = "cast(to_json(v) as varchar)"
        elif pa.types.is_floating(field.type):
            value = number_as_text("v")
        incoming = table.select([field.name]).rename_columns(["v"])
        con.register("incoming", incoming)
        text = con.sql(f"select {value} as v from incoming").to_arrow_table()
        con.unregister("incoming")
        table = table.set_column(position, field.name, text["v"].cast(pa.string()))
    return _without_zeros(table)


def _without_zeros(table: pa.Table) -> pa.Table:
    """Texts without the zero character: DuckDB takes it, and PostgreSQL, the ledger's, does not."""
    for position, name in enumerate(table.column_names):
        if any(_has_zero(chunk) for chunk in table[name].chunks):
            table = table.set_column(position, name, pc.replace_substring(table[name], "\0", ""))
    return table


def _has_zero(texts: pa.StringArray) -> bool:
    """Looked for in their bytes, which takes a hundredth of what looking at each text would."""
    _, offsets, data = texts.buffers()
    if data is None:
        return False
    begins = np.frombuffer(offsets, np.int32)
    begin, end = begins[texts.offset], begins[texts.offset + len(texts)]
    return not np.frombuffer(data, np.uint8)[begin:end].all()


def typed(table: pa.Table, con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Columns of a ``ContactsQuery`` as text, in lower case, with ``updated_at`` as a ``MOMENT``.

    The time is null where there is none or it is unreadable; its text is there in any case.
    """
    table = table.rename_columns([name.lower() for name in table.column_names])
    given = "updated_at" in table.column_names
    texts = as_text(table.drop_columns(["updated_at"]) if given else table, con)
    if "updated_at_raw" not in texts.column_names:
        return texts.append_column("updated_at", pa.nulls(texts.num_rows, MOMENT))
    raw = texts["updated_at_raw"]
    moments = _read(raw, con)
    if given:
        times = table["updated_at"].cast(MOMENT)
        moments, raw = pc.coalesce(times, moments), pc.coalesce(raw, times.cast(pa.string()))
        texts = texts.set_column(texts.column_names.index("updated_at_raw"), "updated_at_raw", raw)
    return texts.append_column("updated_at", moments)


def _read(raw: pa.ChunkedArray, con: duckdb.DuckDBPyConnection) -> pa.ChunkedArray:
    """Arrow reads only what has its offset and is whole."""
    try:
        moments = pc.cast(raw, pa.timestamp("us", "UTC"))
    except pa.ArrowInvalid:
        con.register("incoming", pa.table({"updated_at_raw": raw}))
        moments = con.sql(_READ).to_arrow_table()["moment"]
        con.unregister("incoming")
    return moments.cast(MOMENT)
