"""What the page shows, read off the world: plain values, ready for the templates."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contacts_pipeline.sandbox.contacts import Contact, LocationStore
from contacts_pipeline.sandbox.faults import NEVER_APPLIED, FaultKind
from contacts_pipeline.sandbox.journal import Entry
from contacts_pipeline.sandbox.world import World

SWITCHES = tuple(
    kind.value if kind in NEVER_APPLIED else f"{kind.value}-{when}"
    for kind in FaultKind
    for when in (("before",) if kind in NEVER_APPLIED else ("before", "after"))
)
GATE_SWITCHES = tuple(kind.value for kind in FaultKind if kind in NEVER_APPLIED)


@dataclass(frozen=True, slots=True)
class Gauge:
    """What is left of a location's limits, for one app."""

    app: str
    used: int
    limit: int
    day_used: int
    day_limit: int


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A location in the list."""

    id: str
    name: str
    sequence: str
    allows_duplicates: bool
    contacts: int
    gauges: tuple[Gauge, ...]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One field that one request wrote."""

    seq: int
    time: str
    operation: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which entries of the log are shown; empty means all."""

    operation: str = ""
    location: str = ""
    outcome: str = ""
    text: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "LogFilter":
        """The filter that a query string names."""
        return cls(**{name: query.get(name, "").strip() for name in cls.__slots__})

    def passes(self, entry: Entry) -> bool:
        """Whether an entry is shown."""
        outcome = {
            "": True,
            "applied": entry.applied,
            "not applied": not entry.applied,
            "fault": entry.fault is not None,
            "refused": entry.status is not None and 400 <= entry.status < 500,  # noqa: PLR2004
        }.get(self.outcome, True)
        parts = (entry.path, entry.email, entry.phone, entry.contact_id, entry.fault, entry.status)
        return (
            outcome
            and self.operation in ("", entry.operation)
            and self.location in ("", entry.location_id)
            and self.text.lower() in " ".join(str(part) for part in parts if part).lower()
        )


def location_rows(world: World) -> Iterator[LocationRow]:
    """Every location, with its gauges."""
    now = world.now()
    for store in world.stores.values():
        settings = store.settings
        gauges = []
        for (app, location_id), meter in world.meters.items():
            if location_id == settings.id:
                reading = meter.read(now)
                used = settings.burst_limit - reading.remaining
                day_used = settings.daily_limit - reading.daily_remaining
                limits = (settings.burst_limit, day_used, settings.daily_limit)
                gauges.append(Gauge(app, used, *limits))
        yield LocationRow(
            settings.id,
            settings.name,
            ", then ".join(settings.sequence),
            settings.allow_duplicates,
            len(store.contacts),
            tuple(gauges),
        )


def contact_fields(contact: Contact, store: LocationStore) -> list[tuple[str, str]]:
    """Every field of a contact that holds something, by its API name."""
    shown = []
    for name, value in contact.as_json().items():
        if name == "customFields":
            for item in value:
                key = store.custom_by_id[item["id"]].key if item["id"] in store.custom_by_id else ""
                shown.append((f"customFields {key}", as_text(item["value"])))
        elif value not in (None, "", [], {}):
            shown.append((name, as_text(value)))
    return shown


def history_rows(contact: Contact) -> Iterator[HistoryRow]:
    """Which request wrote which field, the newest first."""
    for write in reversed(contact.history):
        for field, value in write.fields.items():
            at = clock(write.time)
            yield HistoryRow(write.seq, at, write.operation, field, as_text(value))


def matching_contacts(store: LocationStore, text: str) -> list[Contact]:
    """The contacts with a text in name, email or phone, the newest first."""
    wanted = text.lower()
    found = []
    for contact in store:
        values = (contact.values.get(name) for name in ("firstName", "lastName", "phone"))
        if wanted in " ".join([*(str(one) for one in values if one), *contact.emails]).lower():
            found.append(contact)
    return found[::-1]


def as_text(value: Any) -> str:
    """A value as a person reads it."""
    if value is None:
        return "(cleared)"
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value) or "(none)"
    return json.dumps(value, ensure_ascii=False)


def clock(seconds: float) -> str:
    """A time of day, UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-3]
