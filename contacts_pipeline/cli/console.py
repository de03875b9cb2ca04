"""The console that people read. Ids and messages stand there as they are: none is rich's markup."""

import sys

from rich.console import Console


def open_console(width: int = 160, *, highlight: bool = False) -> Console:
    """Stdout, ``width`` characters wide where it is no terminal; ``highlight`` colours numbers."""
    return Console(
        width=None if sys.stdout.isatty() else width,
        highlight=highlight,
        markup=False,
        emoji=False,
    )
