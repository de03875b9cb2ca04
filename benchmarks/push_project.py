"""A warehouse, settings and a sandbox for a push of many locations, and pushes of it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pusher import plan

from contacts_pipeline.sandbox import DEFAULT_TOKEN, SandboxLocation, SandboxOptions

PUSHER = Path(__file__).parent / "pusher.py"
FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "address1": "address",
    "city": "city",
    "postalCode": "postcode",
    "country": "country",
    "companyName": "company",
    "source": "'warehouse'",
}


@dataclass(frozen=True)
class Limit:
    """``burst`` requests in ``interval_ms``: the vendor's, unless a benchmark wants none."""

    burst: int = 100
    interval_ms: int = 10_000

    @property
    def per_second(self) -> float:
        """Requests."""
        return self.burst / self.interval_ms * 1000


NO_LIMIT = Limit(1_000_000, 10_000)
IN_FLIGHT = 16  # rows of a location between intent and answer, by the design


def location_ids(count: int) -> list[str]:
    """The names of so many locations."""
    return [f"location-{number:03}" for number in range(count)]


def crm_options(locations: int, limit: Limit, **options: Any) -> SandboxOptions:
    """A sandbox of so many locations."""
    return SandboxOptions(
        locations=tuple(
            SandboxLocation(
                id=name,
                burst_limit=limit.burst,
                interval_ms=limit.interval_ms,
                daily_limit=10_000_000,
            )
            for name in location_ids(locations)
        ),
        **options,
    )


def people(location: str, count: int, start: int = 0) -> list[dict[str, str]]:
    """Contacts with the usual fields, each with an email and a phone of its own."""
    return [
        {
            "id": f"{location}-{number}",
            "location": location,
            "first_name": "Ada",
            "last_name": f"Byron {number}",
            "email": f"ada.{number}@{location}.example.com",
            "phone": f"+1212{2_000_000 + number}",
            "address": "12 St James's Square",
            "city": "London",
            "postcode": "SW1Y 4JH",
            "country": "GB",
            "company": "Difference Engines",
        }
        for number in range(start, start + count)
    ]


def contact_bodies(location: str, count: int, start: int = 0) -> list[dict[str, str]]:
    """The bodies that such people's upserts have."""
    return [
        {
            "locationId": location,
            **{name: row.get(column, "warehouse") for name, column in FIELDS.items()},
        }
        for row in people(location, count, start)
    ]


@dataclass(frozen=True)
class BenchProject:
    """A project on disk, pushed to ``crm_url`` by processes of its own.

    ``settle_seconds`` is the default of the settings; a push after a SIGKILL waits for so long.
    """

    folder: Path
    crm_url: str
    locations: Sequence[str]
    limit: Limit
    settle_seconds: float = 30.0

    def write(self, contacts_each: int) -> None:
        """Lay down warehouse, settings and plan."""
        self.lay_down(contacts_each)
        plan(self.folder)

    def lay_down(self, contacts_each: int, **sections: object) -> None:
        """Lay down warehouse and settings, with ``sections`` in the place of the usual ones."""
        warehouse = self.folder / "warehouse"
        warehouse.mkdir(parents=True)
        rows = [row for name in self.locations for row in people(name, contacts_each)]
        pq.write_table(pa.Table.from_pylist(rows), warehouse / "people.parquet")
        settings = {
            "warehouse": {"url": "warehouse"},
            "contacts": {
                "table": "people",
                "key": "id",
                "location": "location",
                "fields": FIELDS,
            },
            "locations": [
                {
                    "id": name,
                    "country": "US",
                    "burst_limit": self.limit.burst,
                    "interval_ms": self.limit.interval_ms,
                    "daily_limit": 10_000_000,
                }
                for name in self.locations
            ],
            "crm": {"base_url": self.crm_url, "settle_seconds": self.settle_seconds},
            "policy": {"crm_snapshot": "never"},
            "validation": {"phones": "possible", "placeholder_emails": "warn"},
        }
        told = json.dumps(settings | sections)
        (self.folder / "contacts.yaml").write_text(told, encoding="utf-8")

    def push(self) -> subprocess.Popen[str]:
        """Push it; the caller waits for the end, or kills it."""
        return subprocess.Popen(
            [sys.executable, str(PUSHER), str(self.folder)],
            env={
                "CRM_TOKEN": DEFAULT_TOKEN,
                "PATH": "",
                "PYTHONPATH": str(Path(__file__).parents[1]),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
