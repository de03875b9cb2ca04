"""Tables of our own in the warehouse: a location's rows take the place of their older selves.

Nothing else there is touched, and a writer opens a session of its own: reading stays read-only.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol

import pyarrow as pa

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse.adbc_writer import open_bigquery, open_postgres, open_snowflake
from contacts_pipeline.warehouse.address import scheme, shown
from contacts_pipeline.warehouse.duck_writer import open_duck
from contacts_pipeline.warehouse.file_writer import FileWriter
from contacts_pipeline.warehouse.statements import Replacement


class Writer(Protocol):
    """The tables of one schema, open for writing."""

    place: str
    """The warehouse's address as it may be shown."""

    def replace(self, replacements: Sequence[Replacement], whose: Mapping[str, str]) -> None:
        """Write all of them or none, one writer at a time of ``whose`` rows they are.

        Raises:
            WarehouseError: nothing was written.
        """

    def largest(self, table: str, column: str, where: Mapping[str, str]) -> int | None:
        """The largest number in ``column`` where the others are so; None if it is not known."""

    def rehearse(self, tables: Mapping[str, pa.Schema]) -> Sequence[str]:
        """The tables yet to be made; raises what keeps any from being written. Leaves nothing."""


@contextmanager
def open_writer(settings: Settings) -> Iterator[Writer]:
    """The place that ``write_back`` names, open for writing; the section must be there."""
    if settings.write_back is None:
        raise WarehouseError("write_back: contacts.yaml has no such section; add one")
    url = settings.write_back.url or settings.warehouse.url
    schema, seconds = settings.write_back.schema_name, settings.warehouse.timeout_seconds
    kind, path = scheme(url), settings.local_path(url)
    with ExitStack() as stack:
        if path is not None and path.suffix in {".duckdb", ".db"}:
            writer: Writer = stack.enter_context(open_duck(str(path), url, schema))
        elif path is not None:
            writer = FileWriter(path / schema, url)
        elif kind == "postgresql":
            writer = stack.enter_context(open_postgres(url, schema, seconds))
        elif kind == "snowflake":
            writer = stack.enter_context(open_snowflake(url, schema, seconds))
        elif kind == "bigquery":
            writer = stack.enter_context(open_bigquery(url, schema))
        elif kind == "md":
            writer = stack.enter_context(open_duck(url, shown(url), schema))
        else:
            raise WarehouseError(
                f"write_back {shown(url)}: there is no writer for {kind}://; name a place of "
                "another kind in write_back.url"
            )
        yield writer
