"""A project of a test's own: a small warehouse, its settings, and pushes of it."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from contacts_pipeline import steps
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.plan import PlanHeader, newest_plan, read_header, read_rows
from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
)
from contacts_pipeline.settings import Settings
from contacts_pipeline.workspace import Workspace

Row = Mapping[str, str]
FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
    "city": "city",
    "companyName": "company",
    "tags": "tags",
    "dnd": "dnd",
}
COLUMNS = ("id", "location", "updated_at", *FIELDS.values())
WAIT_SECONDS = 60.0
SECOND_TOKEN = "pit-second"
ROOT = Path(__file__).parents[2]
_PREPARED: dict[str, dict[Path, bytes]] = {}


def person(number: int, location: str = "acme", **fields: str) -> dict[str, str]:
    """A row of the warehouse; a US number in a range that is nobody's."""
    row = {
        "id": f"{location}-{number}",
        "location": location,
        "updated_at": "2026-01-01T00:00:00Z",
        "first_name": f"First{number}",
        "last_name": f"Last{number}",
        "email": f"p{number}@{location}.example.com",
        "phone": f"+1 212 555 {number % 10000:04d}",
        "city": "New York",
        "company": "",
        "tags": "",
        "dnd": "",
    }
    return row | fields


def people(count: int, location: str = "acme", **fields: str) -> list[dict[str, str]]:
    return [person(number, location, **fields) for number in range(count)]


def wide(*names: str, **settings: Any) -> SandboxOptions:
    """A sandbox whose limits are no part of the test; after its first token there is another."""
    locations = tuple(
        SandboxLocation(
            id=name, burst_limit=1000, interval_ms=1000, tokens=(DEFAULT_TOKEN, SECOND_TOKEN)
        )
        for name in names or ("acme",)
    )
    return SandboxOptions(locations=locations, **settings)


@dataclass
class Project:
    """A folder with settings, a warehouse and a data folder, and the CRM that it pushes to."""

    folder: Path
    crm_url: str
    locations: Sequence[Mapping[str, Any]] = field(
        default_factory=lambda: [{"id": "acme", "burst_limit": 1000, "interval_ms": 1000}]
    )
    crm: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=lambda: {"crm_snapshot": "never"})
    alerts: Mapping[str, Any] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=lambda: {"CRM_TOKEN": DEFAULT_TOKEN})
    data: str = "data"

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "warehouse": {"url": "warehouse"},
            "contacts": {
                "table": "people",
                "key": "id",
                "location": "location",
                "updated_at": "updated_at",
                "fields": FIELDS,
            },
            "locations": [{"country": "US", **location} for location in self.locations],
            "crm": {"base_url": self.crm_url, "settle_seconds": 0.05, **self.crm},
            "policy": dict(self.policy),
            "alerts": dict(self.alerts),
            "validation": {"phones": "possible", "placeholder_emails": "warn"},
        }

    def write(self, rows: Iterable[Row]) -> "Project":
        """Lay down the warehouse and the settings, the latter as JSON, which is YAML."""
        warehouse = self.folder / "warehouse"
        warehouse.mkdir(parents=True, exist_ok=True)
        with (warehouse / "people.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        (self.folder / "contacts.yaml").write_text(json.dumps(self.settings), encoding="utf-8")
        return self

    @property
    def workspace(self) -> Workspace:
        settings = Settings.model_validate(self.settings).in_folder(self.folder)
        data = self.folder / self.data
        data.mkdir(mode=0o700, exist_ok=True)
        return Workspace(settings, data.resolve(), dict(self.environ))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        with self.workspace.ledger() as ledger:
            yield ledger

    def prepare(self) -> Workspace:
        """Everything before the plans; what another test has prepared alike is copied."""
        workspace = self.workspace
        warehouse = (self.folder / "warehouse" / "people.csv").read_text(encoding="utf-8")
        made_of = json.dumps([self.settings["locations"], self.settings["policy"], warehouse])
        if made_of not in _PREPARED:
            steps.refresh_locations(workspace)
            steps.extract(workspace)
            steps.validate(workspace)
            steps.unify(workspace)
            _PREPARED[made_of] = {
                path.relative_to(workspace.snapshots): path.read_bytes()
                for pattern in ("*.parquet", "unified/*.parquet")
                for path in workspace.snapshots.glob(pattern)
            }
        (workspace.snapshots / "unified").mkdir(parents=True, exist_ok=True)
        for name, content in _PREPARED[made_of].items():
            (workspace.snapshots / name).write_bytes(content)
        return workspace

    def push(
        self,
        *,
        stages: Iterable[steps.Stage] = ("upsert_plan", "contact_upserts", "upsert_outcomes"),
        prepare: bool = True,
        run_id: str | None = None,
        force: bool = False,
        progress: Callable[[str, int, int], None] = lambda _location, _done, _all: None,
    ) -> dict[str, LocationReport]:
        """Take all locations through the stages in this process; the proofs must agree."""
        workspace = self.prepare() if prepare else self.workspace
        names = [location["id"] for location in self.locations]
        reports: dict[str, LocationReport] = {}
        for name, step in steps.advance(
            workspace,
            names,
            run_id or str(uuid.uuid4()),
            stages=set(stages),
            force=force,
            progress=progress,
        ):
            match step:
                case steps.Unplanned(report) | steps.Pushed(_, _, report):
                    reports[name] = report
                case steps.Proven(report, recount, _, _, _):
                    assert recount.agrees_with(report), (report, recount)
                case _:
                    pass
        assert all(report.conserved for report in reports.values())
        return reports

    def plan(self) -> None:
        self.push(stages=["upsert_plan"])

    def push_the_plan(self, run_id: str | None = None) -> dict[str, LocationReport]:
        return self.push(stages=["contact_upserts"], prepare=False, run_id=run_id)

    def outcomes(self, location: str = "acme") -> dict[str, dict[str, Any]]:
        """The outcome table by the first source key."""
        folder = self.workspace.snapshots / "upsert_outcomes"
        path = next(folder.glob(f"*/{location}-*.parquet"))
        return {row["source_keys"][0]: row for row in pq.read_table(path).to_pylist()}

    def planned_rows(self, location: str = "acme") -> list[dict[str, Any]]:
        path = self.newest_plan(location)
        assert path is not None
        return list(read_rows(path))

    def header(self, location: str = "acme") -> PlanHeader:
        return read_header(self.newest_plan(location), location)

    def newest_plan(self, location: str) -> Path | None:
        workspace = self.workspace
        return newest_plan(workspace.snapshots, workspace.settings.crm.base_url, location)

    @contextmanager
    def light_process(self) -> Iterator[subprocess.Popen[str]]:
        """A pusher without Dagster, on stages that are prepared already."""
        command = [sys.executable, "-m", "tests.push.pusher", str(self.folder)]
        environ = dict(os.environ) | dict(self.environ) | {"PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def pushing_process(self, *arguments: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """The real command, in a process of its own, which does not outlive the block."""
        return self.commanding_process("push", "--json", *arguments)

    @contextmanager
    def commanding_process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Any command, likewise."""
        command = [sys.executable, "-c", "from contacts_pipeline.cli import main; main()"]
        command += ["--config", str(self.folder / "contacts.yaml")]
        command += ["--data", str(self.folder / self.data), *arguments]
        kept = {name: value for name, value in os.environ.items() if "DAGSTER" not in name}
        with subprocess.Popen(
            command,
            env=kept | {"DAGSTER_DISABLE_TELEMETRY": "1"} | dict(self.environ),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def push_process(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Exit code, document and stderr of the real command."""
        return self.process("push", "--json", *arguments)

    def process(self, *arguments: str) -> tuple[int, dict[str, Any], str]:
        """Exit code, document and stderr of any command."""
        with self.commanding_process(*arguments) as process:
            out, err = process.communicate(timeout=WAIT_SECONDS)
            assert out, err
            return process.returncode, json.loads(out.splitlines()[-1]), err


class EveryField(Project):
    """A project that fills what lives in lists, too."""

    @property
    def settings(self) -> dict[str, Any]:
        given = super().settings
        fields = {
            "name": "first_name || ' ' || last_name",
            "email": "email",
            "phone": "phone",
            "dnd": "dnd",
            "dndSettings": {"SMS": "dnd"},
            "tags": "'a,b'",
        }
        custom = {"tier": "company", "size": "city"}
        return given | {"contacts": given["contacts"] | {"fields": fields, "custom_fields": custom}}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> bool:
    """Whether ``condition`` came true before the process ended; an error after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if process is not None and process.poll() is not None:
            return False
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.002)
    return True


def kill_after(
    process: subprocess.Popen[str], crm: RunningSandbox, requests: int, number: int = signal.SIGKILL
) -> bool:
    """Signal the process when the sandbox has logged ``requests`` more; False if it ended first."""
    before = crm.count()
    if not wait_for(lambda: crm.count() >= before + requests, process):
        return False
    process.send_signal(number)
    return True
