"""A plan for people: per location what would happen, the first rows of each kind, and the cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contacts_pipeline.cli.console import open_console
from contacts_pipeline.plan import HOLD_REMEDIES, PlanHeader, ShownRow, read_excerpt

ROWS_OF_A_KIND = 5
FIELDS_OF_A_ROW = 6
LOCATIONS_WITH_ROWS = 10
_SIGNS = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "hold": ("!", "red"),
    "deferred": ("…", "cyan"),
    "gone": ("-", "dim"),
}
_TOLD = {
    "create": "create",
    "update": "update",
    "hold": "hold",
    "deferred": "wait for another day",
    "gone": "gone from the source; they stay in the CRM",
}


@dataclass(frozen=True)
class PlanView:
    """One location's plan."""

    header: PlanHeader
    path: Path


def show_plans(views: Sequence[PlanView]) -> None:
    """Every location that has something to tell, then one line for the others."""
    console = open_console()
    telling = [view for view in views if _tells(view.header)]
    for view in telling[:LOCATIONS_WITH_ROWS]:
        _show_location(console, view)
    if more := telling[LOCATIONS_WITH_ROWS:]:
        console.print(
            f"{len(more)} more locations have changes; --location ID shows one, --out FILE all rows"
        )
    if quiet := len(views) - len(telling):
        unchanged = sum(v.header.counts.unchanged for v in views if not _tells(v.header))
        console.print(
            f"{_number(quiet, 'location')} without changes: "
            f"{_number(unchanged, 'contact')} as the source says"
        )


def show_next(views: Sequence[PlanView]) -> None:
    """What to type to make it happen."""
    free = [view.header for view in views if view.header.reason is None]
    held = [view.header for view in views if view.header.reason is not None]
    sent = sum(one.counts.create + one.counts.update + one.counts.deferred for one in free)
    console = open_console()
    if sent:
        console.print(f"To send {sent:,} contacts: contacts-pipeline push")
    if kept := next((view.header for view in views if view.header.counts.held), None):
        console.print(
            f"To see why a contact is held: contacts-pipeline explain {kept.location_id} --key KEY"
        )
    for one in held:
        console.print(
            f"To send what is held in {one.location_id}: "
            f"contacts-pipeline push --location {one.location_id} --force"
        )


def _tells(header: PlanHeader) -> bool:
    counts = header.counts
    changes = counts.create + counts.update + counts.held + counts.deferred
    return bool(changes or header.gone or header.reason)


def _show_location(console: Console, view: PlanView) -> None:
    header, excerpt = view.header, read_excerpt(view.path, ROWS_OF_A_KIND)
    title = Text(header.location_id, style="bold")
    for kind, (sign, style) in _SIGNS.items():
        if n := excerpt.kinds.get(kind):
            title.append(f"   {sign} {n:,} {kind}", style=style)
    if header.counts.unchanged:
        title.append(f"   = {header.counts.unchanged:,} unchanged", style="dim")
    console.print(title)
    if header.told:
        console.print(Text(f"  held: {header.told} ({header.reason})", style="red"))
    if header.allows_duplicates:
        console.print("  it allows duplicate contacts: the CRM looks for email, then phone")
    for kind in _SIGNS:
        rows = [row for row in excerpt.rows if row.kind == kind]
        _show_rows(console, kind, rows, excerpt.kinds.get(kind, 0))
    for code, count in excerpt.holds.items():
        to_do = f": {HOLD_REMEDIES[code]}" if code in HOLD_REMEDIES else ""
        console.print(Text(f"  {count:,} held, {code}{to_do}"))
    _show_codes(console, "warnings", excerpt.warnings)
    _show_codes(console, "empty now, and kept in the CRM (policy.clear)", excerpt.clears)
    _show_cost(console, header)
    console.print()


def _show_rows(console: Console, kind: str, rows: Sequence[ShownRow], count: int) -> None:
    if not rows:
        return
    sign, style = _SIGNS[kind]
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=28)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(overflow="fold", ratio=1)
    for row in rows:
        named = [*row.fields[:FIELDS_OF_A_ROW]]
        if more := len(row.fields) - len(named):
            named.append(f"{more} more")
        told = row.hold or ", ".join(named)
        news = [one for one in row.warnings if one.split()[0] != row.hold]
        notes = f" ({'; '.join(news)})" if news else ""
        where = f" → {row.contact_id}" if row.contact_id else ""
        table.add_row(
            Text(f"  {sign} {row.source_key}", style=style),
            Text("  ".join(row.values)),
            Text.assemble(told, (where, "dim"), (notes, "yellow")),
        )
    console.print(table)
    if count > len(rows):
        console.print(
            Text(f"  {sign} … and {count - len(rows):,} more to {_TOLD[kind]}", style=style)
        )


def _show_codes(console: Console, title: str, codes: Mapping[str, int]) -> None:
    if codes:
        told = ", ".join(f"{n:,} {code}" for code, n in codes.items())
        console.print(Text(f"  {title}: {told}"))


def _show_cost(console: Console, header: PlanHeader) -> None:
    budget = header.budget
    if budget is None:
        return
    begins = header.made_at.astimezone()
    ends = begins + timedelta(seconds=header.seconds_estimated)
    day = "" if ends.date() == begins.date() else f"{ends:%a} "
    told = f"  {_number(header.requests, 'request')}, {_duration(header.seconds_estimated)}"
    told += f", done about {day}{ends:%H:%M}"
    source = "by the CRM's headers" if budget.known_from == "headers" else "by the ledger's count"
    told += f"; {budget.left:,} of {budget.daily_limit:,} requests are left today, {source}"
    if budget.reserve:
        told += f", {budget.reserve:,} of them reserved"
    console.print(Text(told))
    if budget.requests:
        console.print(
            Text(
                f"  {_number(budget.create, 'create')} and {_number(budget.update, 'update')} wait "
                f"for another day ({_number(budget.requests, 'request')}); they go first then",
                style="cyan",
            )
        )


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    for name, unit in (("s", 1), ("min", 60)):
        if seconds < unit * 90:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds / 3600:.1f} h"


def _number(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count:,} {what}s"
