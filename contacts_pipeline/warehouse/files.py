"""The Parquet and CSV files of a folder, here or in a store, as tables of a DuckDB.

Every value of a CSV stays text: a leading zero is part of a postal code. Nothing of it is guessed
from a sample of rows, since a row behind the sample is then read wrongly, or taken for a comment.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePath

import duckdb

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line, unreadable

Head = Callable[[str], bytes]
"""The beginning of a file, by its path."""
HEAD_BYTES = 1 << 16
_SUFFIXES = frozenset({".parquet", ".csv"})
_DELIMITERS = ",;\t|"
_CSV = (
    "read_csv('{path}', all_varchar = true, header = true, skip = 0, delim = '{delimiter}', "
    "quote = '\"', escape = '\"', comment = '', max_line_size = 8388608, buffer_size = 33554432)"
)
"""Strict: else DuckDB drops what a row has beyond its columns. Buffers of its own size."""
_CSV_ERROR = re.compile(
    r"CSV Error on Line: (?P<line>\d+)|Error when sniffing file|CSV Parser state machine"
)
_CSV_FILE = re.compile(r'file = (?P<told>.+)|sniffing file "(?P<sniffed>[^"]+)"')
_NO_CSV = (
    "is no CSV in UTF-8 with as many values in each line as in the first, all of one line ending "
    "and up to 8 MB long"
)
_CSV_REASON = re.compile(r"Expected Number of Columns: \d+ Found: \d+|not utf-8 encoded")


def view_files(
    con: duckdb.DuckDBPyConnection, place: str, paths: Sequence[str], head: Head
) -> None:
    """A view for each of ``paths`` that is a table, by the file's name without its ending."""
    tables = sorted(path for path in paths if PurePath(path).suffix.lower() in _SUFFIXES)
    if not tables:
        raise WarehouseError(f"warehouse.url: {place} holds no .parquet or .csv file")
    _each_once([PurePath(path) for path in tables], place)
    for path in tables:
        name = PurePath(path).stem.replace('"', '""')
        try:
            con.execute(f'create view "{name}" as from {_reader(path, head)}')
        except duckdb.Error as error:
            told = f"{PurePath(path).name}: {first_line(error)}"
            trouble = csv_trouble(error) or Trouble(TroubleKind.OTHER, told)
            raise unreadable(place, trouble) from None


def csv_trouble(error: Exception) -> Trouble | None:
    """What is wrong with which line of a CSV, without the line itself; None if it is not that."""
    text = str(error)
    found, file = _CSV_ERROR.search(text), _CSV_FILE.search(text)
    if not found:
        return None
    name = PurePath(file["told"] or file["sniffed"]).name if file else "a file"
    line = f", line {found['line']}," if found["line"] else ""
    reason = _CSV_REASON.search(text)
    told = f"{name}{line} {_NO_CSV}"
    return Trouble(TroubleKind.FILE, told + (f" ({reason[0].lower()})" if reason else ""))


def _each_once(files: Sequence[PurePath], place: str) -> None:
    """A view's name may not differ in case alone."""
    seen: dict[str, PurePath] = {}
    for file in files:
        other = seen.setdefault(file.stem.casefold(), file)
        if other is not file:
            raise WarehouseError(
                f"warehouse.url: {place} holds the table '{file.stem}' twice, as {other.name} and "
                f"as {file.name}; remove one"
            )


def _reader(path: str, head: Head) -> str:
    literal = re.sub(r"([*?\[])", r"[\1]", path)  # DuckDB would take it for a pattern
    quoted = literal.replace("'", "''")
    if path.lower().endswith(".parquet"):
        return f"read_parquet('{quoted}')"
    return _CSV.format(path=quoted, delimiter=_delimiter(head(path)))


def _delimiter(head: bytes) -> str:
    """What stands most often between the names of the columns."""
    names = re.sub(r'"[^"]*"', "", head.decode("utf-8-sig", "replace").partition("\n")[0])
    return max(_DELIMITERS, key=names.count)
