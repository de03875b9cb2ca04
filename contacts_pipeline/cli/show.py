"""Tables and progress for people: on a terminal in colour, anywhere else as plain text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from contacts_pipeline.cli.console import open_console
from contacts_pipeline.defs.resources import Progress as ProgressHook

PLAN_COLUMNS = (
    "extracted", "rejected", "merged", "unchanged", "held", "deferred", "create", "update",
    "requests", "seconds_estimated",
)  # fmt: skip
PUSH_COLUMNS = (
    "extracted", "rejected", "merged", "unchanged", "held", "deferred", "created", "updated",
    "refused", "failed", "unknown", "requests", "seconds",
)  # fmt: skip
REBUILD_COLUMNS = ("contacts", "restored", "differing", "unmatched", "requests")
_STYLES = {"ok": "green", "held": "yellow", "failed": "red"}
_SUMMED = {"seconds", "seconds_estimated"}
ALL_COLUMNS_FIT = 110  # characters; below, columns of nothing but zeros are left out


def show_locations(document: Mapping[str, Any], columns: tuple[str, ...]) -> None:
    """A row a location, a sum, and below it what a person has to do."""
    console = open_console(highlight=True)
    counted = document["locations"].values()
    if console.width < ALL_COLUMNS_FIT:
        columns = tuple(name for name in columns if any(counts[name] for counts in counted))
    table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    table.add_column("location")
    table.add_column("status")
    for column in columns:
        table.add_column(column.removesuffix("_estimated"), justify="right")
    locations = document["locations"]
    for name, counts in locations.items():
        status = Text(counts["status"], style=_STYLES[counts["status"]])
        shown = [_number(counts[column]) for column in columns]
        table.add_row(name, status, *shown)
    sums = [
        "" if column in _SUMMED else str(sum(counts[column] for counts in locations.values()))
        for column in columns
    ]
    table.add_section()
    table.add_row("all", "", *sums, style="bold")
    console.print(table)
    for name, counts in locations.items():
        if counts["reason"]:
            console.print(f"{counts['told'] or name} ({counts['reason']})", soft_wrap=True)
        if counts.get("deferred_because"):
            console.print(f"location {name}: the rest waits ({counts['deferred_because']})")
    for told in dict.fromkeys(document.get("not_written_back", {}).values()):
        console.print(f"not written back: {told}; then: contacts-pipeline write-back")
    _show_assumptions(console, locations)
    rows = document["unassigned"]
    if rows["extracted"]:
        reasons = ", ".join(f"{n} {code}" for code, n in rows["reasons"].items())
        console.print(f"{rows['extracted']} rows belong to no enabled location: {reasons}")


def _show_assumptions(console: Console, locations: Mapping[str, Any]) -> None:
    rules: dict[str, list[str]] = {}
    for name, counts in locations.items():
        if "match" in counts:
            rules.setdefault(counts["match"], []).append(name)
    if rules:
        told = "; ".join(f"{match} for {', '.join(names)}" for match, names in rules.items())
        console.print(f"assumed, since no endpoint shows it: duplicates by {told}", soft_wrap=True)
    unread = [name for name, counts in locations.items() if counts.get("unpredicted")]
    if unread:
        console.print(
            f"unpredicted, since the CRM's own contacts are not read: {', '.join(unread)}; only "
            "contacts in the ledger are known",
            soft_wrap=True,
        )


def say(text: str) -> None:
    """A line for people, on stderr, so that stdout stays the document's."""
    Console(stderr=True, highlight=False).print(text, soft_wrap=True, markup=False)


@contextmanager
def progress_bars(*, wanted: bool) -> Iterator[ProgressHook]:
    """A bar a location on stderr, where that is a terminal and somebody is looking."""
    console = Console(stderr=True)
    if not (wanted and console.is_terminal):
        yield lambda _location, _done, _all: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def advance(location_id: str, done: int, planned: int) -> None:
            if location_id not in tasks:
                tasks[location_id] = bars.add_task(location_id, total=planned)
            bars.update(tasks[location_id], completed=done)

        yield advance


def _number(value: float) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
