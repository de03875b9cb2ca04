"""A folder of Parquet and CSV files in an object store, by Arrow's own file systems.

DuckDB reads them through fsspec, so that a file means the same here and there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow import fs

from contacts_pipeline.engine import engine
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.duck import DuckReader
from contacts_pipeline.warehouse.files import HEAD_BYTES, view_files
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line, unreadable

SCHEMES = frozenset({"s3", "gs", "gcs", "abfs", "abfss", "az", "file"})


_PREFIX = "store://"


class _Store(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
    """Under a name that DuckDB knows nobody else by."""

    protocol = "store"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        """The wrapper's own takes a bucket for a host."""
        return path.removeprefix(_PREFIX)


@contextmanager
def open_bucket(url: str, timeout_seconds: float, scratch: Path) -> Iterator[DuckReader]:
    """The files at ``url``, a table each; the credentials are those of the cloud's environment."""
    with engine(scratch) as con:
        try:
            store, folder = fs.FileSystem.from_uri(url.replace("az://", "abfs://", 1))
            con.register_filesystem(_Store(store))
            files = store.get_file_info(fs.FileSelector(folder))
            paths = [_PREFIX + info.path for info in files if info.is_file]

            def head(path: str) -> bytes:
                with store.open_input_stream(path.removeprefix(_PREFIX)) as stream:
                    return bytes(stream.read(HEAD_BYTES))

            view_files(con, shown(url), paths, head)
        except (OSError, ValueError, pa.ArrowException) as error:
            trouble = Trouble(TroubleKind.OTHER, first_line(error).replace(url, shown(url)))
            raise unreadable(shown(url), trouble) from None
        yield DuckReader(con, shown(url), timeout_seconds)
