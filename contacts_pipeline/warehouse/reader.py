"""What every warehouse gives: the columns of a query, and its rows as Arrow batches.

A new warehouse is one file with a ``Dialect`` and a function that opens a ``Reader``, and a line in
``opening``.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from contacts_pipeline.warehouse.dialect import Column, Dialect

BATCH_ROWS = 65_536


class QueryRefusedError(Exception):
    """A query that the warehouse does not take, before any row was read."""


class Reader(Protocol):
    """An open, read-only warehouse."""

    dialect: Dialect
    place: str
    """The warehouse's address as it may be shown."""
    reads_changes: bool
    """Whether reading only what changed saves anything here."""

    def describe(self, query: str) -> list[Column]:
        """The columns of ``query``, without reading rows; raises ``QueryRefusedError``."""

    def tables(self) -> Sequence[str]:
        """Names of tables, for a suggestion; may be empty."""

    def stream(self, query: str) -> AbstractContextManager[Any]:
        """The rows of ``query`` as a ``pyarrow.RecordBatchReader``; raises ``WarehouseError``."""
