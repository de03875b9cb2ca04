"""A folder of Parquet and CSV files in an object store, by Arrow's own file systems."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.dataset as ds
from pyarrow import fs

from contacts_pipeline.engine import engine
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.duck import DuckReader, check_tables
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line, unreadable

SCHEMES = frozenset({"s3", "gs", "gcs", "abfs", "abfss", "az", "file"})


@contextmanager
def open_bucket(url: str, timeout_seconds: float, scratch: Path) -> Iterator[DuckReader]:
    """The files at ``url``, a table each; the credentials are those of the cloud's environment."""
    with engine(scratch) as con:
        try:
            store, folder = fs.FileSystem.from_uri(url.replace("az://", "abfs://", 1))
            files = store.get_file_info(fs.FileSelector(folder))
            paths = {
                info.base_name: info.path for info in files if info.extension in {"parquet", "csv"}
            }
            check_tables(sorted(paths), shown(url))
            for name, path in paths.items():
                con.register(Path(name).stem, _dataset(store, path))
        except (OSError, ValueError, pa.ArrowException) as error:
            trouble = Trouble(TroubleKind.OTHER, first_line(error).replace(url, shown(url)))
            raise unreadable(shown(url), trouble) from None
        yield DuckReader(con, shown(url), timeout_seconds)


def _dataset(store: fs.FileSystem, path: str) -> ds.Dataset:
    if path.endswith(".parquet"):
        return ds.dataset(path, filesystem=store, format="parquet")
    with store.open_input_stream(path) as stream, pc.open_csv(stream) as reader:
        names = reader.schema.names
    text = pc.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()),
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=False,
    )
    csv = ds.CsvFileFormat(convert_options=text)
    return ds.dataset(path, filesystem=store, format=csv)
