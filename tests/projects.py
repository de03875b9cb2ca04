"""A whole project in a folder of its own: settings, a small warehouse, a data folder."""

import atexit
import csv
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from contacts_pipeline.ledger import Ledger, record_push, utc_now
from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox import DEFAULT_TOKEN, SandboxCustomField, SandboxLocation
from contacts_pipeline.workspace import Workspace

SETTINGS = """\
warehouse: {url: warehouse}
contacts:
  table: customers
  key: id
  location: location
  updated_at: updated_at
  fields:
    firstName: first_name
    lastName: last_name
    email: email
    phone: phone
    city: city
    source: "'warehouse'"
    tags: tags
  custom_fields: {tier: tier}
locations: {table: locations}
crm:
  base_url: ${CRM_BASE_URL:-http://127.0.0.1:9}
  settle_seconds: 0.2
  max_tries: 3
"""
COLUMNS = ("id", "location", "updated_at", "first_name", "last_name", "email", "phone", "city")
PLACES = {"acme": "US", "bolt": "US", "core": "US"}


@dataclass
class Project:
    """Where a test's project lies; its rows are written anew by ``write``."""

    folder: Path
    registry: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "contacts.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def workspace(self) -> Workspace:
        return Workspace.open(self.config, self.data)

    def write(self, rows: Sequence[Mapping[str, str]], settings: str = SETTINGS) -> None:
        self.config.write_text(settings)
        (self.folder / "warehouse").mkdir(exist_ok=True)
        columns = [*COLUMNS, "tags", "tier"]
        _write_csv(self.folder / "warehouse" / "customers.csv", columns, rows)
        registry = [{"id": name} | columns for name, columns in self.registry.items()]
        names = [
            "id", "country", "token_env", "enabled", "match", "max_reject_share", "timezone",
            "quiet_hours",
        ]  # fmt: skip
        _write_csv(self.folder / "warehouse" / "locations.csv", names, registry)


def people(location: str, count: int, **columns: str) -> list[dict[str, str]]:
    """``count`` rows of a location, each with an email and a phone of its own."""
    prefix = 200 + sorted(PLACES).index(location) * 10 if location in PLACES else 290
    return [
        {
            "id": f"{location}-{number:03}",
            "location": location,
            "updated_at": f"2026-01-{1 + number % 28:02}T00:00:00Z",
            "first_name": f"Ann{number}",
            "last_name": location.title(),
            "email": f"ann{number}@{location}.example.com",
            "phone": f"+1 212 {prefix + 200:03} {number:04}",
            "city": "New York",
        }
        | columns
        for number in range(count)
    ]


def sandbox_locations(*names: str, **options: object) -> list[SandboxLocation]:
    """Locations of a sandbox with the project's custom field, and limits that don't slow a test."""
    limits = {"burst_limit": 1_000, "interval_ms": 1_000} | options
    fields = (SandboxCustomField(key="tier"),)
    return [
        SandboxLocation.model_validate({"id": name, "custom_fields": fields} | limits)
        for name in names
    ]


def record_failure(ledger: Ledger, location_id: str, reason: str) -> None:
    """A push of the location that came to nothing."""
    report = LocationReport(status="failed", reason=reason)
    record_push(
        ledger,
        location_id,
        f"run of {location_id}",
        plan_id=None,
        started_at=utc_now(),
        status="failed",
        reason=reason,
        report=report.model_dump(mode="json"),
    )


def make_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with three locations, found by the variables that Dagster's runs read."""
    project = Project(folder, {name: {"country": country} for name, country in PLACES.items()})
    for name in list(os.environ):
        if name.startswith(("CRM_", "CONTACTS_", "DAGSTER_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CONTACTS_CONFIG", str(project.config))
    monkeypatch.setenv("CONTACTS_DATA", str(project.data))
    monkeypatch.setenv("CRM_TOKEN", DEFAULT_TOKEN)
    monkeypatch.setenv("DAGSTER_HOME", str(folder / "dagster_home"))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    shutil.copytree(_new_dagster_home(), folder / "dagster_home")
    return project


@cache
def _new_dagster_home() -> Path:
    """Dagster's own databases as it makes them, which takes it a second, and nothing in them."""
    home = Path(tempfile.mkdtemp(prefix="dagster-home-"))
    atexit.register(shutil.rmtree, home)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(home))
        with dg.DagsterInstance.get():
            pass
    return home


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
