"""Whether the warehouse holds what the settings name, and whether it can be relied on.

No contact is read: the keys are counted by the warehouse itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contacts_pipeline.finding import Finding
from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse.address import scheme
from contacts_pipeline.warehouse.locations import read_locations
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.postgres_uri import tls_mode
from contacts_pipeline.warehouse.query import ContactsQuery, contacts_query, field_sources, kind_of
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
        seconds = settings.warehouse.timeout_seconds
        told = f"readable; {fields} fields are mapped and there; a statement may take {seconds:g} s"
        yield Finding("ok", "contacts_readable", f"warehouse {reader.place}", told)
        yield from _encryption(settings, reader)
        yield from _cursor(settings, reader, query)
        yield _keys(reader, query)
        yield from _rights(settings, reader, query)


def _cursor(settings: Settings, reader: Reader, query: ContactsQuery) -> Iterator[Finding]:
    subject, name = "contacts.updated_at", settings.contacts.updated_at
    if name is None:
        yield Finding(
            "warning",
            "updated_at_missing",
            subject,
            "not set: of rows that differ the one with the smallest key wins",
            "name the column that says when a row was changed",
        )
    elif reader.reads_changes and query.cursor is None:
        kind = kind_of(name, query.source_columns)
        yield Finding(
            "warning",
            "updated_at_no_time",
            subject,
            f"'{name}' is {kind}, no timestamp or date: every read reads all rows, and of a number "
            "none is the newest",
            "name a timestamp column, or make it one in contacts.query",
        )

    elif _has_no_zone(kind := kind_of(name, query.source_columns)):
        yield Finding(
            "warning",
            "updated_at_no_zone",
            subject,
            f"'{name}' is a {kind}, which names no time zone: it is taken as UTC",
            "nothing, if it is written in UTC; else give it its time zone in contacts.query",
        )


def _has_no_zone(kind: str) -> bool:
    """By the names of PostgreSQL, DuckDB and Arrow; a date has none to miss."""
    named = kind.lower()
    zoned = "tz" in named or "with time zone" in named
    return named.startswith(("timestamp", "datetime")) and not zoned


def _encryption(settings: Settings, reader: Reader) -> Iterator[Finding]:
    if scheme(settings.warehouse.url) != "postgresql":
        return
    mode = tls_mode(settings.warehouse.url)
    if mode in {None, "verify-full"}:
        where = "on this machine" if mode is None else "over TLS, its certificate checked"
        yield Finding("ok", "warehouse_encrypted", f"warehouse {reader.place}", where)
    else:
        yield Finding(
            "warning",
            "warehouse_unverified",
            f"warehouse {reader.place}",
            f"sslmode={mode} does not make sure that it is the server that it says it is",
            "leave sslmode out; sslrootcert=FILE in the URL names an authority of your own",
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
            f"warehouse {reader.place}",
            f"its login may change {settings.contacts.table}; reading needs no such right",
            "use a login with select alone (docs/warehouses.md has the script)",
        )


def _only_row(reader: Reader, query: str) -> list[Any]:
    with reader.stream(query) as batches:
        (row,) = batches.read_next_batch().to_pylist()
    return list(row.values())
