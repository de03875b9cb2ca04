"""A warehouse by its URL; a newcomer is a line in ``open_warehouse``."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse.address import scheme, shown
from contacts_pipeline.warehouse.bigquery import open_bigquery
from contacts_pipeline.warehouse.bucket import SCHEMES, open_bucket
from contacts_pipeline.warehouse.duck import open_files, open_motherduck
from contacts_pipeline.warehouse.other_adbc import PREFIX, open_other
from contacts_pipeline.warehouse.postgres import open_postgres
from contacts_pipeline.warehouse.reader import Reader
from contacts_pipeline.warehouse.snowflake import open_snowflake


@contextmanager
def open_warehouse(settings: Settings, scratch: Path) -> Iterator[Reader]:
    """The settings' warehouse, open for reading."""
    url, seconds = settings.warehouse.url, settings.warehouse.timeout_seconds
    kind = scheme(url)
    with ExitStack() as stack:
        if settings.warehouse_path is not None:
            reader: Reader = stack.enter_context(
                open_files(settings.warehouse_path, url, seconds, scratch)
            )
        elif kind == "postgresql":
            reader = stack.enter_context(open_postgres(url, seconds))
        elif kind == "snowflake":
            reader = stack.enter_context(open_snowflake(url, seconds))
        elif kind == "bigquery":
            reader = stack.enter_context(open_bigquery(url, seconds))
        elif kind == "md":
            reader = stack.enter_context(open_motherduck(url, seconds))
        elif kind in SCHEMES:
            reader = stack.enter_context(open_bucket(url, seconds, scratch))
        elif kind.startswith(PREFIX):
            reader = stack.enter_context(open_other(url, seconds))
        else:
            raise WarehouseError(
                f"warehouse.url: {shown(url)}: there is no reader for {kind}://; another database "
                f"with an ADBC driver is read as adbc+{kind}://"
            )
        yield reader
