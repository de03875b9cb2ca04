"""What every section of ``contacts.yaml`` is made of."""

import ipaddress
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from contacts_pipeline.quiet_hours import QuietHours

Expression = Annotated[str, Field(min_length=1)]
"""A column, or an SQL expression of the warehouse."""


class Section(BaseModel):
    """A part of the file: unknown keys are errors, numbers finite, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def is_loopback(url: str) -> bool:
    """Whether ``url`` leads to this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is no time zone; write it as Europe/Berlin") from None
    return name


def _cron_line(line: str) -> str:
    told = f"'{line}' is no cron line; write it as '0 6 * * *'"
    try:
        CronSim(line, datetime.now(UTC))
        _minute, _hour, day, month, weekday = line.upper().split()
    except (CronSimError, ValueError):
        raise ValueError(told) from None
    never = month in {"2", "FEB"} and day in {"30", "31"}
    if never or "W" in day or "L" in weekday:  # CronSim takes these, Dagster's schedules don't
        raise ValueError(told)
    return line


def _quiet_hours(span: str) -> str:
    QuietHours.parse(span, "UTC")
    return span


CENTURY_DAYS = 36_500
YEAR_MINUTES = 525_600
DAY_SECONDS = 86_400
"""The most that settings take, far from where dates and timers overflow."""

Share = Annotated[float, Field(ge=0, le=1)]
CronLine = Annotated[str, AfterValidator(_cron_line)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
QuietSpan = Annotated[str, AfterValidator(_quiet_hours)]
