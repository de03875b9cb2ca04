"""Settings to plain objects: what the assets are given to work with."""

from collections.abc import Callable
from dataclasses import dataclass

from contacts_pipeline.workspace import Workspace

Progress = Callable[[str, int, int], None]
"""Called with a location, its rows done and its rows in all."""


def silent(_location: str, _done: int, _all: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Project:
    """The project that ``CONTACTS_CONFIG`` and ``CONTACTS_DATA`` name, read anew for every run."""

    progress: Progress = silent

    def workspace(self) -> Workspace:
        """Read the settings now: a run follows the file as it is when it starts."""
        return Workspace.from_environment()
