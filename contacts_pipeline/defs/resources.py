"""Settings to plain objects: what the assets are given to work with."""

from collections.abc import Callable
from dataclasses import dataclass

from contacts_pipeline.settings import Settings, load_settings
from contacts_pipeline.workspace import Workspace, config_path

Progress = Callable[[str, int, int], None]
"""Called with a location, its rows done and its rows in all."""


def silent(_location: str, _done: int, _all: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Project:
    """The project that ``CONTACTS_CONFIG`` and ``CONTACTS_DATA`` name, read anew for every run."""

    progress: Progress = silent

    def settings(self) -> Settings | None:
        """The settings as they are when the code is loaded; None where there are none yet.

        Raises:
            SettingsError: they can't be meant, so that the code location says so and nothing that
                should run by itself is silently missing.
        """
        path = config_path()
        return load_settings(path) if path.exists() else None

    def workspace(self) -> Workspace:
        """Read the settings now: a run follows the file as it is when it starts."""
        return Workspace.from_environment()
