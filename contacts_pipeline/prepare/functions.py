"""Python functions that SQL can call, for the values that SQL alone can't judge.

Each is called with columns and remembers what it has judged, so a value costs once,
however many rows hold it.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa

from contacts_pipeline.prepare.emails import ascii_domain, judge_email
from contacts_pipeline.prepare.names import recase_name, split_name
from contacts_pipeline.prepare.phones import Judged, Strictness, judge_phone

_ARROW: Any = "arrow"  # the stubs know only an enumeration that has moved between versions
_FULL_NAME = pa.struct({"first": pa.string(), "last": pa.string()})
_JUDGED = pa.struct({"value": pa.string(), "codes": pa.list_(pa.string())})


def register_functions(con: duckdb.DuckDBPyConnection, phones: Strictness) -> None:
    """Make ``judge_phone``, ``judge_email``, ``recase`` and ``split_name`` known."""

    def of_phones(cells: pa.Array, regions: pa.Array) -> pa.Array:
        pairs = zip(cells.to_pylist(), regions.to_pylist(), strict=True)
        return _column(judge_phone(cell, region or None, phones) for cell, region in pairs)

    def of_emails(cells: pa.Array) -> pa.Array:
        return _column(judge_email(cell) for cell in cells.to_pylist())

    def of_names(names: pa.Array) -> pa.Array:
        return pa.array([recase_name(name) for name in names.to_pylist()], pa.string())

    def of_full_names(names: pa.Array) -> pa.Array:
        return pa.array([split_name(name)._asdict() for name in names.to_pylist()], _FULL_NAME)

    judged = "struct(value varchar, codes varchar[])"
    _create(con, "judge_phone", of_phones, ["varchar", "varchar"], judged)
    _create(con, "judge_email", of_emails, ["varchar"], judged)
    full_name = "struct(first varchar, last varchar)"
    _create(con, "split_name", of_full_names, ["varchar"], full_name)
    _create(con, "recase", of_names, ["varchar"], "varchar")


def forget_judged() -> None:
    """Free what is remembered, some 40 MB a function when full."""
    for judge in (judge_phone, judge_email, ascii_domain, recase_name, split_name):
        judge.cache_clear()


def _column(judged: Iterable[Judged]) -> pa.Array:
    rows = [{"value": value, "codes": codes} for value, codes in judged]
    return pa.array(rows, _JUDGED)


def _create(
    con: duckdb.DuckDBPyConnection,
    name: str,
    function: Callable[..., pa.Array],
    takes: list[str],
    gives: str,
) -> None:
    with suppress(duckdb.InvalidInputException):  # not known yet; to ask costs more than to try
        con.remove_function(name)
    con.create_function(
        name,
        function,
        [duckdb.type(text) for text in takes],
        duckdb.type(gives),
        type=_ARROW,
    )
