from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_pipeline.errors import SettingsError
from contacts_pipeline.quiet_hours import QuietHours
from tests.test_settings import MINIMAL, settings_of

ZONES = ["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-01-10T19:59:59+01:00", False),
        ("2026-01-10T20:00:00+01:00", True),
        ("2026-01-11T00:30:00+01:00", True),
        ("2026-01-11T07:59:59+01:00", True),
        ("2026-01-11T08:00:00+01:00", False),
        ("2026-07-11T07:30:00+02:00", True),
        ("2026-07-11T08:30:00+02:00", False),
    ],
)
def test_hours_over_midnight_go_by_the_clock_of_the_place(moment: str, quiet: bool) -> None:  # noqa: FBT001
    assert QuietHours.parse("20:00-08:00", "Europe/Berlin").contain(at(moment)) is quiet


def test_the_next_start_is_today_tomorrow_or_now() -> None:
    hours = QuietHours.parse("20:00-08:00", "Europe/Berlin")
    assert hours.next_start(at("2026-01-10T12:00:00+01:00")) == at("2026-01-10T20:00:00+01:00")
    assert hours.next_start(at("2026-01-10T21:00:00+01:00")) == at("2026-01-10T21:00:00+01:00")
    by_day = QuietHours.parse("12:00-13:00", "Europe/Berlin")
    assert by_day.next_start(at("2026-01-10T14:00:00+01:00")) == at("2026-01-11T12:00:00+01:00")


@given(
    start=st.times(),
    end=st.times(),
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    clock=st.times(),
    share=st.floats(0, 1, exclude_max=True),
)
def test_no_moment_before_the_next_start_is_quiet(
    start: time, end: time, zone: str, day: date, clock: time, share: float
) -> None:
    """Also in the nights when the clock is put forward or back."""
    span = f"{start:%H:%M}-{end:%H:%M}"
    if f"{start:%H:%M}" == f"{end:%H:%M}":
        return
    hours = QuietHours.parse(span, zone)
    moment = datetime.combine(day, clock, UTC)
    begins = hours.next_start(moment)
    assert begins >= moment
    assert begins - moment <= timedelta(hours=25)
    between = moment + (begins - moment) * share
    assert not hours.contain(between) or between >= begins


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("quiet_hours: at night", "write it as 20:00-08:00"),
        ("quiet_hours: '24:00-08:00'", "a day has no such hour"),
        ("quiet_hours: '08:00-08:00'", "is empty"),
        ("timezone: Berlin", "'Berlin' is no time zone; write it as Europe/Berlin"),
    ],
)
def test_hours_that_cannot_be_meant_are_told_with_their_line(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(SettingsError, match=rf"line 5: automation\.\w+: .*{told}"):
        settings_of(tmp_path, MINIMAL + f"automation: {{{line}}}\n")
