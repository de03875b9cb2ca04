"""``crm_contacts`` of a location: every contact that the CRM listed, as Parquet.

A list takes its predecessor's place when it is whole; a later one takes over what has not changed.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.contact import CHANNEL_COLUMNS, FIELD_COLUMNS
from contacts_pipeline.crm import StoredContact
from contacts_pipeline.plan.inputs import (
    CRM_CONTACTS,
    Listed,
    crm_contacts_schema,
    is_current_list,
    read_listed,
)
from contacts_pipeline.snapshots import replacing

_WHOLE_AT = b"contacts_pipeline.whole_at"
_CRM_TIME = b"contacts_pipeline.crm_time"


@dataclass(frozen=True)
class ListHeader:
    """How old a list is, by us and by the CRM's clock, and when all of it was read anew."""

    listed: Listed
    whole_at: datetime
    crm_time: datetime | None

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """The header of the list at ``path``; None where there is none that could be continued."""
        if not is_current_list(path):
            return None
        told = pq.read_schema(path).metadata or {}
        listed, whole_at = read_listed(path), _time(told.get(_WHOLE_AT, b"").decode())
        if listed is None or whole_at is None:
            return None
        return cls(listed, whole_at, _time(told.get(_CRM_TIME, b"").decode()))

    @property
    def schema(self) -> pa.Schema:
        """The columns of a list, with this header."""
        times = {_WHOLE_AT: self.whole_at, _CRM_TIME: self.crm_time}
        return crm_contacts_schema(self.listed, times)


@contextmanager
def writing_list(path: Path, header: ListHeader) -> Iterator[pq.ParquetWriter]:
    """Write a list; it takes the place of the one at ``path`` if nothing raised."""
    with replacing(path) as part, pq.ParquetWriter(part, header.schema) as writer:
        yield writer


def contact_ids(path: Path) -> set[str]:
    """The contacts of the list at ``path``."""
    with pq.ParquetFile(path) as file:
        return set(file.read(columns=["contact_id"])["contact_id"].to_pylist())


def rows_without(path: Path, contact_ids: AbstractSet[str]) -> Iterator[pa.RecordBatch]:
    """The list at ``path`` less these contacts."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            kept = [one not in contact_ids for one in batch.column("contact_id").to_pylist()]
            yield batch.filter(pa.array(kept, pa.bool_())).replace_schema_metadata(None)


def table_of(location_id: str, contacts: Sequence[StoredContact]) -> pa.Table:
    """Contacts of the CRM with the columns of ``CRM_CONTACTS``."""
    rows = [{"location_id": location_id, **_row(contact)} for contact in contacts]
    return pa.Table.from_pylist(rows, schema=CRM_CONTACTS)


def updated_at(contact: StoredContact) -> datetime | None:
    """When the CRM last changed the contact, by its own clock; None where it does not say."""
    return _time(contact.value("dateUpdated"))


def _row(contact: StoredContact) -> dict[str, Any]:
    changed_at = updated_at(contact)
    return {
        "contact_id": contact.id,
        **{column: _typed(column, contact.value(field)) for field, column in FIELD_COLUMNS.items()},
        **{
            column: _status(contact.value("dndSettings"), channel)
            for channel, column in CHANNEL_COLUMNS.items()
        },
        "inbound_dnd": _status(contact.value("inboundDndSettings"), "all"),
        "custom_fields": list(contact.custom_values.items()),
        "additional_emails": _emails(contact.value("additionalEmails")),
        "updated_at": changed_at and changed_at.astimezone(UTC).replace(tzinfo=None),
    }


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


def _status(settings: Any, channel: str) -> str | None:
    setting = settings.get(channel) if isinstance(settings, dict) else None
    status = setting.get("status") if isinstance(setting, dict) else None
    return status if isinstance(status, str) else None


def _emails(items: Any) -> list[str]:
    """The vendor lists them as text or, by field reports, as objects."""
    given = (one.get("email") if isinstance(one, dict) else one for one in items or [])
    return [one for one in given if isinstance(one, str)]


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
