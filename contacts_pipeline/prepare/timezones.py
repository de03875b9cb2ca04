"""The names of timezones: IANA's in any case, its old aliases, and those of Windows."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel.core import get_global

_NO_PLACE = ("posix/", "right/", "SystemV/")
_NO_ZONE = frozenset({"Factory", "localtime", "posixrules"})


@lru_cache(1)
def timezone_names() -> list[tuple[str, str]]:
    """Pairs of a name in lower case and the IANA name that it means; a name comes once."""
    available = available_timezones() - _NO_ZONE
    zones = {zone for zone in available if not zone.startswith(_NO_PLACE)}
    old_names = {name: zone for name, zone in get_global("zone_aliases").items() if "/" in name}
    names = {**get_global("windows_zone_mapping"), **{zone: zone for zone in zones}, **old_names}
    return sorted({name.lower(): zone for name, zone in names.items() if zone in zones}.items())
