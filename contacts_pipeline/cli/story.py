"""``explain`` on a terminal: a contact's story from its source rows to the CRM's answers."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from contacts_pipeline.cli.console import open_console
from contacts_pipeline.cli.holds import TO_DO

_PLACES = {"source_key", "location_id", "rejection", "warnings", "updated_at_raw", "origin"}
_WIDTH = 80


def show_story(story: Mapping[str, Any]) -> None:
    """Print it, a step a section."""
    console = open_console(_WIDTH)
    raw = {row["source_key"]: row for row in story["source"]}
    _title(console, f"{story['location']}: {', '.join(story['keys'])}")
    if not raw:
        _line(
            console, "source", "gone: no row has this key any more; nothing is deleted in the CRM"
        )
    for row in story["judged"]:
        _judged(console, raw.get(row["source_key"], {}), row)
    for one in story["identities"]:
        _identity(console, one)
    for row in story["planned"]:
        _planned(console, row)
    for row in story["known"]:
        _known(console, row)
    _sent(console, story)


def _identity(console: Console, one: Mapping[str, Any]) -> None:
    _title(console, f"one person: {one['identity']}")
    _line(console, "rows", ", ".join(one["source_keys"]))
    for reason in one["reasons"] or []:
        detail = " ".join(str(part) for part in reason.values() if part)
        _line(console, "because", detail)
    if one["hold"]:
        _line(console, "held", one["hold"], "yellow")


def _known(console: Console, row: Mapping[str, Any]) -> None:
    _title(console, "in the CRM, as far as it has acknowledged")
    _line(console, "contact", row["contact_id"])
    _line(console, "since", f"{row['known_at']:%Y-%m-%d %H:%M:%S} UTC, run {row['run_id']}")


def _sent(console: Console, story: Mapping[str, Any]) -> None:
    if story["requests"]:
        _title(console, "requests")
    for row in story["requests"]:
        verdict = row["verdict"] or "no answer"
        status = f" {row['status']}" if row["status"] else ""
        told = f"{row['effect']} → {verdict}{status} {row['contact_id'] or ''}".rstrip()
        _line(console, f"{row['intended_at']:%m-%d %H:%M:%S}", told)
        for part in ("message", "trace_id"):
            if row[part]:
                _line(console, "", f"{part.removesuffix('_id')} {row[part]}", "dim")
    for row in story["outcomes"]:
        told = f"{row['outcome']} {row['code'] or ''} {row['message'] or ''}".strip()
        _line(console, "outcome", f"{told} (run {row['run_id']})")


def _judged(console: Console, raw: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    _title(console, f"source row {row['source_key']}, {row['updated_at'] or 'without a time'}")
    for column, value in row.items():
        before = raw.get(column)
        if column in _PLACES | {"updated_at"} or (_shown(value) == "" and _shown(before) == ""):
            continue
        told = _shown(value) or "dropped"
        if _shown(before) not in {"", told}:
            told = f"{_shown(before)} → {told}"
        _line(console, column, told)
    for warning in row["warnings"] or []:
        _line(console, "warning", f"{warning['code']} ({warning['field']})", "yellow")
    if row["rejection"]:
        code, field = row["rejection"]["code"], row["rejection"]["field"]
        _line(console, "rejected", f"{code} ({field})", "red")


def _planned(console: Console, row: Mapping[str, Any]) -> None:
    _title(console, f"plan {row['plan_id']} of {row['made_at']:%Y-%m-%d %H:%M} UTC")
    contact = f", contact {row['contact_id']}" if row["contact_id"] else ""
    hold = f" ({row['hold']})" if row["hold"] else ""
    _line(console, "verdict", f"{row['action']}{hold}{contact}")
    if row["hold"] in TO_DO:
        _line(console, "to do", TO_DO[row["hold"]], "yellow")
    for name in ("changed_fields", "would_clear"):
        if row[name]:
            _line(console, name.replace("_", " "), ", ".join(row[name]))
    for warning in row["warnings"] or []:
        told = f"{warning['code']} {warning['field'] or ''} {warning['detail'] or ''}".rstrip()
        _line(console, "warning", told, "yellow")
    for field, value in (row["body"] or {}).items():
        _line(console, f"  {field}", _shown(value))
    if row["held_because"]:
        _line(console, "location", row["held_because"], "yellow")


def _title(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold"))


def _line(console: Console, name: str, told: str, style: str = "") -> None:
    """A name, and what is told of it, wrapped beside it."""
    head = f"  {name:<16}"
    for number, part in enumerate(Text(told, style).wrap(console, console.width - len(head))):
        console.print(Text(head if number == 0 else " " * len(head), "dim").append(part))


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, tuple):  # an entry of a map
        return ": ".join(str(one) for one in value)
    if isinstance(value, dict):
        return " ".join(_shown(one) for one in value.values())
    return "" if value is None else str(value)
