"""Writing beside a folder of files: a folder a table, a Parquet file a location and run."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.snapshots import FullDiskError, file_name, replacing
from contacts_pipeline.warehouse.statements import Replacement


class FileWriter:
    """The tables below ``folder``; a file is whole or not there, the tables are not one."""

    def __init__(self, folder: Path, place: str) -> None:
        self.place = place
        self._folder = folder

    def replace(self, replacements: Sequence[Replacement], whose: Mapping[str, str]) -> None:
        """A file each, named for what it replaces: who comes later has it."""
        del whose
        try:
            for one in replacements:
                folder = self._folder / one.table
                folder.mkdir(parents=True, exist_ok=True)
                name = file_name(" ".join(one.where.values()))
                with replacing(folder / f"{name}.parquet") as part:
                    pq.write_table(one.rows, part, compression="zstd")
                    part.chmod(0o644)
        except FullDiskError as error:
            raise WarehouseError(f"write_back {self.place}: {error}") from None
        except OSError as error:
            raise WarehouseError(f"write_back {self.place}: {error.strerror}") from None

    def largest(self, table: str, column: str, where: Mapping[str, str]) -> int | None:
        """Not looked up: a file is written faster than all are read."""
        del table, column, where
        return None

    def rehearse(self, tables: Mapping[str, pa.Schema]) -> Sequence[str]:
        """Whether a file may be made where the folder is, or will be."""
        standing = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        if not os.access(standing, os.W_OK | os.X_OK):
            raise WarehouseError(
                f"write_back {standing}: it can't be written; let this user write it"
            )
        return sorted(name for name in tables if not (self._folder / name).exists())
