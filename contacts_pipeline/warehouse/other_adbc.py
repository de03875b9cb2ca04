"""Any other database that has an ADBC driver, by the driver's name; its types become text here."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from contacts_pipeline.warehouse.adbc import AdbcReader, adbc_reader, driver
from contacts_pipeline.warehouse.address import parameters, shown
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind

PREFIX = "adbc+"


class OtherDialect(Dialect):
    """ANSI SQL; a timestamp is known by its Arrow type."""

    def __init__(self, driver_name: str) -> None:
        self._driver_name = driver_name

    def is_moment(self, kind: str) -> bool:
        """Dates are left out: databases differ in how they compare one with a timestamp."""
        return kind.startswith("timestamp")

    def trouble(self, error: Exception) -> Trouble:
        """The driver manager's own words for a driver that is not there are several lines long."""
        if "Could not load" in str(error):
            return Trouble(TroubleKind.NO_DRIVER, f"there is no ADBC driver '{self._driver_name}'")
        return super().trouble(error)


@contextmanager
def open_other(url: str, timeout_seconds: float) -> Iterator[AdbcReader]:
    """A reader of ``adbc+NAME://…``.

    The driver is given ``NAME://…``; behind ``adbc+NAME://?`` every parameter is an option of the
    driver's own, such as ``uri``.
    """
    dbapi = driver("adbc_driver_manager.dbapi", "adbc")
    name = urlsplit(url).scheme.removeprefix(PREFIX)
    rest = url.split("://", 1)[1]
    options = parameters(url) if rest.startswith("?") else {"uri": url.removeprefix(PREFIX)}
    path = _driver_path(name)
    with adbc_reader(
        lambda: dbapi.connect(driver=path, db_kwargs=options, autocommit=True),
        OtherDialect(name),
        shown(url),
        timeout_seconds,
    ) as reader:
        yield reader


def _driver_path(name: str) -> str:
    try:
        module = importlib.import_module(f"adbc_driver_{name}")
    except ImportError:
        return name
    return str(module._driver_path())  # noqa: SLF001 - how the packages tell their library
