"""Where everything of one project lies: its settings, its data folder, its ledger, its tokens."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from contacts_pipeline.accesses import Accesses
from contacts_pipeline.crm import Access
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.keyed_hash import fingerprint, load_key
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.quiet_hours import QuietHours
from contacts_pipeline.settings import Automation, Location, Settings, environment, load_settings
from contacts_pipeline.snapshots import private_folder

DEFAULT_CONFIG = "contacts.yaml"
DEFAULT_DATA = "data"
_CONFIG_VARIABLE = "CONTACTS_CONFIG"
_DATA_VARIABLE = "CONTACTS_DATA"


def place(config: Path, data: Path) -> None:
    """Name the project for this process and for those that it starts."""
    os.environ[_CONFIG_VARIABLE] = str(config)
    os.environ[_DATA_VARIABLE] = str(data)


def config_path() -> Path:
    """The settings file of this process."""
    return Path(os.environ.get(_CONFIG_VARIABLE, DEFAULT_CONFIG))


@dataclass(frozen=True)
class Workspace:
    """One project on this machine. ``environ`` holds the secrets and is never shown."""

    settings: Settings
    data: Path
    environ: Mapping[str, str] = field(repr=False)

    @classmethod
    def open(cls, config: Path, data: Path) -> Self:
        """Read the settings at ``config``; everything that runs write goes under ``data``."""
        environ = environment(config.parent)
        settings = load_settings(config, environ)
        data = data.resolve()
        _make_private(data)
        return cls(settings, data, environ)

    @classmethod
    def from_environment(cls) -> Self:
        """The project that ``CONTACTS_CONFIG`` and ``CONTACTS_DATA`` name, else the one here."""
        return cls.open(config_path(), Path(os.environ.get(_DATA_VARIABLE, DEFAULT_DATA)))

    @property
    def snapshots(self) -> Path:
        """The folder of the stages."""
        return self.data / "snapshots"

    @property
    def scratch(self) -> Path:
        """The folder that DuckDB spills to."""
        return self.data / "scratch"

    def snapshot(self, stage: str) -> Path:
        """The Parquet file of a stage that is not partitioned."""
        return self.snapshots / f"{stage}.parquet"

    @cached_property
    def hash_key(self) -> bytes:
        """The key of every hash that is remembered."""
        return load_key(self.data / "hash.key")

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger of this project's CRM."""
        url = self.environ.get("CONTACTS_LEDGER_URL") or f"sqlite:///{self.data / 'ledger.sqlite'}"
        ledger = Ledger(url, self.settings.crm.base_url, fingerprint(self.hash_key))
        try:
            yield ledger
        finally:
            ledger.close()

    def check_ledger(self) -> None:
        """Find out before any work whether the ledger can be used; raises what it is told."""
        with self.ledger():
            pass

    def quiet_hours(self, location: Location) -> QuietHours | None:
        """When nothing may be sent to the location, None if it may be at any time."""
        automation = self.settings.automation or Automation()
        span = location.quiet_hours or automation.quiet_hours
        if span is None:
            return None
        return QuietHours.parse(span, location.timezone or automation.timezone)

    def token_env(self, location: Location) -> str:
        """The variable to set where the location has no token."""
        return self._accesses.missing_variable(location)

    def access(self, location: Location) -> Access | None:
        """What opens the location, None where its variable is not set to a token."""
        return self._accesses.of(location)

    @cached_property
    def _accesses(self) -> Accesses:
        return Accesses(self.settings.crm, self.environ, self.data / "tokens")


def _make_private(data: Path) -> None:
    try:
        private_folder(data).chmod(0o700)
    except PermissionError as error:
        raise SettingsError(
            f"{data}: this user can't make it a private folder of their own (0700); name another "
            f"one, such as {data / 'contacts'}, with --data PATH or {_DATA_VARIABLE}"
        ) from error
