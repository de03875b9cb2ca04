"""Whether the warehouse holds what the settings name, and whether it can be relied on.

No contact is read: the keys are counted by the warehouse itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contacts_pipeline.finding import Finding
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse.address import shown
from contacts_pipeline.warehouse.locations import read_locations
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.query import ContactsQuery, contacts_query, field_sources
from contacts_pipeline.warehouse.reader import Reader


def examine(settings: Settings, scratch: Path) -> Iterator[Finding]:
    """The registry of locations, every column and expression of the contacts, keys and rights.

    Raises:
        WarehouseError: names the first thing that is not there.
    """
    locations = read_locations(settings, scratch)
    enabled = sum(location.enabled for location in locations)
    told = f"{len(locations)} locations, {enabled} enabled"
    yield Finding("ok", "registry_readable", "registry", told)
    with open_warehouse(settings, scratch) as reader:
        query = contacts_query(reader, settings)
        fields = len(field_sources(settings.contacts)) + len(settings.contacts.custom_fields)
        told = f"readable; {fields} fields are mapped and there"
        yield Finding("ok", "contacts_readable", f"warehouse {shown(settings.warehouse.url)}", told)
        yield from _cursor(settings, reader, query)
        yield _keys(reader, query)
        yield from _rights(settings, reader, query)


def _cursor(settings: Settings, reader: Reader, query: ContactsQuery) -> Iterator[Finding]:
    subject = "contacts.updated_at"
    if settings.contacts.updated_at is None:
        yield Finding(
            "warning",
            "updated_at_missing",
            subject,
            "not set: of rows that differ the one with the smallest key wins",
            "name the column that says when a row was changed",
        )
    elif reader.reads_changes and query.cursor is None:
        yield Finding(
            "warning",
            "updated_at_no_time",
            subject,
            f"'{settings.contacts.updated_at}' is no timestamp or date: every read reads all rows",
            "name a timestamp column, or make it one in contacts.query",
        )


def _keys(reader: Reader, query: ContactsQuery) -> Finding:
    key = query.columns["source_key"]
    counted = f"select count(*) as n, count({key}) as k, count(distinct {key}) as d"
    rows, keyed, different = _only_row(reader, f"{counted} from {query.source}")
    if keyed == rows and different == keyed:
        return Finding("ok", "keys_unique", "contacts.key", f"{rows:,} rows, each with its own key")
    without, repeated = rows - keyed, keyed - different
    return Finding(
        "warning",
        "keys_not_unique",
        "contacts.key",
        f"of {rows:,} rows {without:,} have no key and {repeated:,} repeat another's: all of a key "
        "are rejected, and changes alone can't be read",
        "name a column that is unique and never null",
    )


def _rights(settings: Settings, reader: Reader, query: ContactsQuery) -> Iterator[Finding]:
    question = reader.dialect.may_write(query.source) if settings.contacts.table else None
    if question is not None and _only_row(reader, question) == ["true"]:
        yield Finding(
            "warning",
            "login_may_write",
            f"warehouse {shown(settings.warehouse.url)}",
            f"its login may change {settings.contacts.table}; reading needs no such right",
            "use a login with select alone (docs/warehouses.md has the script)",
        )


def _only_row(reader: Reader, query: str) -> list[Any]:
    with reader.stream(query) as batches:
        (row,) = batches.read_next_batch().to_pylist()
    return list(row.values())
