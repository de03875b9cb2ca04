"""A day of birth as people write it, read one way or not at all.

``03/04/1990`` is two days; which one is meant is a property of the source
(``contacts.date_order``), never guessed from the row.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Literal

from babel import Locale

from contacts_pipeline.prepare.codes import FieldWarning
from contacts_pipeline.prepare.phones import Judged

DateOrder = Literal["dmy", "mdy"]
OLDEST_DAY = date(1900, 1, 2)
"""Nobody born before it is alive; spreadsheets write an empty date as the day before or earlier."""

LONGEST_TEXT = 64

_LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "cs", "fi"),
    *("ru", "uk", "tr", "ro", "hu", "el"),
)
_TIME = (
    r"(?:[T ]\s*\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
    r"\s*(?:[ap]m)?\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?"
)
_MOMENT = re.compile(
    r"\d[T ]\s*(?P<hour>\d{1,2}):(?P<rest>\d{2}(?::\d{2}(?:\.\d+)?)?)\s*"
    r"(?P<half>[ap]m)?\s*(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)$",
    re.IGNORECASE,
)
_DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/._ ])(\d{{1,2}})\2(\d{{1,2}}){_TIME}", re.IGNORECASE)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/._ ])(\d{{1,2}})\2(\d{{4}}){_TIME}", re.IGNORECASE)
_SHORT_YEAR = re.compile(r"\d{1,2}([-/._ ])\d{1,2}\1\d{2}")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_CHINESE = re.compile(r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日")
_WEEKDAY = re.compile(r"[^\W\d_]{2,}[.,]*\s+(?=(?:\d{1,2}\S*\s+)?(?:of\s+|de\s+)?[^\W\d_]{3,})")
"""A word before both day and month says nothing more."""

_MONTH = r"([^\W\d_]{3,})\.?"
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|\.)?[\s-]*(?:de\s+|of\s+)?{_MONTH}[\s,-]*(?:de\s+)?(\d{{4}})"
)
_MONTH_FIRST = re.compile(rf"{_MONTH}\s*(\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(\d{{4}})")
_MONTH_AMID = re.compile(rf"(\d{{4}})[\s,.-]+{_MONTH}[\s-]+(\d{{1,2}})\.?")


def judge_birthday(text: str, order: DateOrder | None, today: date) -> Judged:
    """A day of birth; a moment that is no midnight where it is told is dropped as ambiguous.

    A ``timestamptz`` keeps no offset: midnight in Berlin is 22:00 or 23:00 of the day before in
    UTC. Noon is told, too, by sources that mean the day in whichever zone.
    """
    told = _MOMENT.search(text.strip())
    days_begin_or_amid = {12} if told and told["half"] else {0, 12}
    if told and (int(told["hour"]) not in days_begin_or_amid or told["rest"].strip("0:.")):
        return Judged(None, (FieldWarning.DATE_AMBIGUOUS,))
    return judge_date(text, order, today)


def judge_date(
    text: str, order: DateOrder | None, today: date, oldest: date = OLDEST_DAY
) -> Judged:
    """``text`` as ``YYYY-MM-DD``; ambiguous, impossible and future days are dropped with a code."""
    text = unicodedata.normalize("NFKC", text).strip().translate(_DASHES)
    readings = {day for day in _readings(text, order) if day}
    if not readings:
        code = (
            FieldWarning.DATE_AMBIGUOUS
            if _SHORT_YEAR.fullmatch(text)
            else FieldWarning.DATE_INVALID
        )
        return Judged(None, (code,))
    if len(readings) > 1:
        return Judged(None, (FieldWarning.DATE_AMBIGUOUS,))
    day = readings.pop()
    if day > today:
        return Judged(None, (FieldWarning.DATE_FUTURE,))
    if day < oldest:
        return Judged(None, (FieldWarning.DATE_INVALID,))
    return Judged(day.isoformat(), ())


def _readings(text: str, order: DateOrder | None) -> list[date | None]:
    if len(text) > LONGEST_TEXT:
        return []
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text) or _CHINESE.fullmatch(text):
        year, *_, month, day = found.groups()
        return [_day(year, month, day)]
    if found := _YEAR_LAST.fullmatch(text):
        day_first = _day(found[4], found[3], found[1])
        month_first = _day(found[4], found[1], found[3])
        return {"dmy": [day_first], "mdy": [month_first]}.get(order or "", [day_first, month_first])
    return _in_words(_WEEKDAY.sub("", text.lower(), count=1))


def _in_words(text: str) -> list[date | None]:
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    elif found := _MONTH_FIRST.fullmatch(text):
        month, day, year = found.groups()
    elif found := _MONTH_AMID.fullmatch(text):
        year, month, day = found.groups()
    else:
        return []
    return [_day(year, _months().get(_bare(month), 0), day)]


def _day(year: str, month: str | int, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


@lru_cache(1)
def _months() -> dict[str, int]:
    names: dict[str, int] = {}
    for language in _LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    names.setdefault(_bare(name), number)
    return names


def _bare(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.lower())
    return "".join(letter for letter in decomposed if letter.isalpha())
