"""A phone cell as people fill it in, judged by google's libphonenumber.

A cell may hold several numbers; each candidate is parsed with the row's region. The
first usable one is sent, without its extension.
"""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, re_util

from contacts_pipeline.prepare.codes import FieldWarning

MEMO_SIZE = 1 << 17
"""Distinct values remembered per process; some 40 MB when full."""

Strictness = Literal["valid", "possible"]

re_util.enable_pattern_cache()

_BETWEEN_NUMBERS = re.compile(
    r"\s*(?:[|&\n\r\t]|;(?!\s*(?:ext|isub|phone-context)\b)|\b(?:or|oder|ou|and|und|et|y|o)\b)\s*"
    r"|(?<=\d)\s*(?=\+)",
    re.IGNORECASE,
)
_PERHAPS_BETWEEN_NUMBERS = (re.compile(r"\s+[/,]+\s+|,\s+"), re.compile(r"[/,]"))
_SHORTEST_NUMBER = 6
"""Digits on both sides of a slash or comma before it is read as 'and', not as punctuation."""

_LABEL = re.compile(r"(?<=\d)[\s(]+(?!ext)[^\W\d_]{2,}[.:)]*\s+(?=[\d+(])", re.IGNORECASE)
_REMARK = re.compile(r"(?<=\d)[\s,;(]+[^\W\d_][^\d+=]*(?P<extension>\d{0,7})\D*$")
_WHOLE_AT_HOME, _WHOLE_ABROAD = 8, 10
"""Digits, more with a plus, from which letters after them spell no number, as in 1 800 555 FILM."""

_QUANTITY = re.compile(r"\+?[1-9]\d*\.0+|\+?[1-9](?:\.\d+)?[eE]\+?\d{1,2}")
"""What a spreadsheet or a data frame makes of a phone that it takes for a quantity."""


class Judged(NamedTuple):
    """A value as it is sent, None if nothing usable was found, and the codes of its warnings."""

    value: str | None
    codes: tuple[FieldWarning, ...]


@lru_cache(MEMO_SIZE)
def judge_phone(cell: str, region: str | None, strictness: Strictness = "valid") -> Judged:
    """The first usable number of ``cell`` in E.164, read as dialled in ``region``."""
    found: list[tuple[str, bool]] = []
    for candidate in phone_candidates(cell):
        number = parse_phone(candidate, region, strictness)
        if number and number[0] not in (e164 for e164, _ in found):
            found.append(number)
    if not found:
        return Judged(None, (FieldWarning.PHONE_INVALID,))
    e164, had_extension = found[0]
    codes = [FieldWarning.PHONE_SEVERAL] if len(found) > 1 else []
    if had_extension:
        codes.append(FieldWarning.EXTENSION_DROPPED)
    return Judged(e164, tuple(codes))


def phone_candidates(cell: str) -> list[str]:
    """The texts in ``cell`` that may each be a number, in the order written.

    Words beside a whole number are no part of it: libphonenumber would dial the letters of
    '(work)'. Digits after such a word are an extension, in whichever language.
    """
    if _QUANTITY.fullmatch(cell):
        return _digits_of_quantity(cell)
    pieces = [piece for piece in _BETWEEN_NUMBERS.split(cell) if piece]
    for separator in _PERHAPS_BETWEEN_NUMBERS:
        pieces = [part for piece in pieces for part in _parts(piece, separator, _SHORTEST_NUMBER)]
    pieces = [part for piece in pieces for part in _parts(piece, _LABEL, _WHOLE_AT_HOME)]
    return [_without_remark(piece) for piece in pieces]


def _digits_of_quantity(cell: str) -> list[str]:
    """None where the last digits are lost, as of 4.97E+11."""
    number = Decimal(cell)
    if len(number.as_tuple().digits) <= number.adjusted():
        return []
    return [f"{'+' if cell[0] == '+' else ''}{number:.0f}"]


def _parts(piece: str, separator: re.Pattern[str], shortest: int) -> list[str]:
    parts = separator.split(piece)
    return parts if all(_digits(part) >= shortest for part in parts) else [piece]


def _without_remark(piece: str) -> str:
    found = _REMARK.search(piece)
    if not found:
        return piece
    number, extension = piece[: found.start()], found["extension"]
    if _digits(number) < (_WHOLE_ABROAD if "+" in number else _WHOLE_AT_HOME):
        return piece
    return f"{number} ext. {extension}" if extension else number


def parse_phone(text: str, region: str | None, strictness: Strictness) -> tuple[str, bool] | None:
    """E.164 of ``text`` and whether it had an extension; None if it is not usable."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    usable = (
        phonenumbers.is_valid_number(number)
        if strictness == "valid"
        else phonenumbers.is_possible_number(number)
    )
    if not usable:
        return None
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return e164, bool(number.extension)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)
