"""Settings to plain objects: what the assets are given to work with."""

from collections.abc import Callable

import dagster as dg
from pydantic import PrivateAttr

from contacts_pipeline.workspace import Workspace

Progress = Callable[[str, int, int], None]


def _silent(_location: str, _done: int, _all: int) -> None:
    return


class Project(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The project that ``CONTACTS_CONFIG`` and ``CONTACTS_DATA`` name, read anew for every run."""

    _progress: Progress = PrivateAttr(default=_silent)

    def workspace(self) -> Workspace:
        """Read the settings now: what a run does follows the file as it is when it starts."""
        return Workspace.from_environment()

    @property
    def progress(self) -> Progress:
        """Called with a location, its rows done and its rows in all."""
        return self._progress

    @classmethod
    def showing(cls, progress: Progress) -> "Project":
        """The same, with somebody watching."""
        project = cls()
        project._progress = progress
        return project
