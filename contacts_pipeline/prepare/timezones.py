"""The names of timezones: IANA's in any case, its old aliases, and those of Windows."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel.core import get_global

_NO_PLACE = ("posix/", "right/", "SystemV/")
_NOWHERE = frozenset(
    {"CET", "EET", "EST", "GMT", "GMT+0", "GMT-0", "GMT0", "HST", "MET", "MST", "UTC", "WET"}
)
"""Old names that say how clocks are set, but not where: they stay as they are."""

_NO_ZONE = frozenset({"Factory", "localtime", "posixrules"})


@lru_cache(1)
def timezone_names() -> list[tuple[str, str]]:
    """Pairs of a name in lower case and the IANA name that it means; a name comes once."""
    available = available_timezones() - _NO_ZONE
    zones = {zone for zone in available if not zone.startswith(_NO_PLACE)}
    old_names = {n: zone for n, zone in get_global("zone_aliases").items() if n not in _NOWHERE}
    names = {**get_global("windows_zone_mapping"), **{zone: zone for zone in zones}, **old_names}
    names |= {name.replace("_", " "): zone for name, zone in names.items()}
    return sorted({name.lower(): zone for name, zone in names.items() if zone in zones}.items())
