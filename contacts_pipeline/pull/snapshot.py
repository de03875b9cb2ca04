"""``crm_contacts`` of a location: every contact that the CRM listed, as Parquet."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.contact import FIELD_COLUMNS
from contacts_pipeline.crm import StoredContact
from contacts_pipeline.plan.inputs import crm_contacts_schema
from contacts_pipeline.snapshots import replacing


class ContactsWriter:
    """Writes a snapshot page by page; it takes the old one's place when all pages are there."""

    def __init__(self, path: Path, location_id: str) -> None:
        self._path = path
        self._location_id = location_id
        self._schema = crm_contacts_schema(datetime.now(UTC))

    def write(self, contacts: Sequence[StoredContact]) -> None:
        """Add a page."""
        rows = [self._row(contact) for contact in contacts]
        self._file.write_table(pa.Table.from_pylist(rows, schema=self._schema))

    def _row(self, contact: StoredContact) -> dict[str, Any]:
        fields = {
            column: _typed(column, contact.value(field)) for field, column in FIELD_COLUMNS.items()
        }
        return {"location_id": self._location_id, "contact_id": contact.id} | fields

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            part = stack.enter_context(replacing(self._path))
            self._file = stack.enter_context(pq.ParquetWriter(part, self._schema))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def _typed(column: str, value: Any) -> Any:
    match column, value:
        case _, None | "":
            return None
        case "tags", list():
            return sorted(str(tag) for tag in value)
        case "dnd", bool():
            return value
        case (("tags" | "dnd"), _):
            return None
    return str(value)
