"""``explain`` on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from contacts_pipeline.cli.console import open_console
from contacts_pipeline.steps.story import Line, Tone, tell

_STYLES: dict[Tone, str] = {"plain": "", "aside": "dim", "warning": "yellow", "bad": "red"}
_WIDTH = 80


def show_story(story: Mapping[str, Any]) -> None:
    """Print it, a step a section."""
    console = open_console(_WIDTH)
    for section in tell(story):
        console.print()
        console.print(Text(section.title, style="bold"))
        for line in section.lines:
            _show(console, line)


def _show(console: Console, line: Line) -> None:
    """A name, and what is told of it, wrapped beside it."""
    head = f"  {line.name:<16}"
    told = Text(line.told, _STYLES[line.tone])
    for number, part in enumerate(told.wrap(console, console.width - len(head))):
        console.print(Text(head if number == 0 else " " * len(head), "dim").append(part))
