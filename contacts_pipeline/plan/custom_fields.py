"""Values of custom fields, shaped as the field's type wants them.

One option that the CRM doesn't know refuses the whole contact, so what doesn't fit is left
out beforehand, with a warning that says what would have fitted.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from contacts_pipeline.prepare.dates import judge_date
from contacts_pipeline.prepare.emails import judge_email
from contacts_pipeline.prepare.phones import Strictness, judge_phone

_PLAIN = frozenset({"TEXT", "LARGE_TEXT", "TIME"})
_PICK_ONE = frozenset({"SINGLE_OPTIONS", "RADIO"})
_PICK_MANY = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})
_NUMBERS = frozenset({"NUMERICAL", "MONETORY", "FLOAT"})
_NO_TEXT = frozenset({"FILE_UPLOAD", "SIGNATURE", "TEXTBOX_LIST"})

_PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?", re.IGNORECASE)
_CURRENCY = r"[$\u00a2-\u00a5\u20a0-\u20cf%]?"
_MONEY = re.compile(
    rf"(?P<sign>[-+\u2212]?)\s*[^\W\d_]{{0,3}}\s*{_CURRENCY}\s*(?P<late>[-\u2212]?)"
    rf"(?P<digits>[\d.,'\u2019 ]*\d)\s*{_CURRENCY}\s*[^\W\d_]{{0,3}}"
)
_LONGEST_NUMBER = 30
"""Digits before the point; what is longer is no number that a CRM can hold."""

_BETWEEN_OPTIONS = re.compile(r"[;|\n]+"), re.compile(r"[;|\n,]+")
_LISTED = re.compile(r"[\[{](.*)[\]}]")
_OPTIONS_SHOWN = 5
_YES = frozenset({"true", "t", "yes", "y", "1", "on", "x"})
_NO = frozenset({"false", "f", "no", "n", "0", "off"})


class CustomFieldWarning(StrEnum):
    """Why a custom field, or a part of its value, is not sent."""

    OPTION_UNKNOWN = "custom_field_option_unknown"
    INVALID = "custom_field_invalid"
    UNSUPPORTED = "custom_field_unsupported"


@dataclass(frozen=True)
class CustomField:
    """A custom field of a location, and how texts of its source are to be read."""

    id: str
    data_type: str = "TEXT"
    options: tuple[str, ...] = ()
    allows_other: bool = False
    region: str | None = None
    phones: Strictness = "valid"
    date_order: Literal["dmy", "mdy"] | None = None

    @property
    def is_plain(self) -> bool:
        """Whether any text is a value, as it stands."""
        types = _PICK_ONE | _PICK_MANY | _NUMBERS | _NO_TEXT | {"DATE", "PHONE", "EMAIL"}
        return self.data_type in _PLAIN or self.data_type not in types


class Shaped(NamedTuple):
    """JSON of a value, None if nothing is to be sent; codes and what a reader should know."""

    value: str | None
    warnings: tuple[tuple[CustomFieldWarning, str], ...] = ()


def shape_custom_value(field: CustomField, text: str) -> Shaped:
    """``text`` as the value of ``field``."""
    kind = field.data_type
    if kind in _NO_TEXT:
        return _dropped(CustomFieldWarning.UNSUPPORTED, f"{kind} takes no text")
    if kind in _PICK_ONE | _PICK_MANY:
        return _pick(field, text)
    if kind in _NUMBERS:
        number = read_number(text)
        return Shaped(number) if number else _dropped(CustomFieldWarning.INVALID, "no number")
    if kind == "DATE":
        judged = judge_date(text, field.date_order, date.max, date.min)
    elif kind == "PHONE":
        judged = judge_phone(text, field.region, field.phones)
    elif kind == "EMAIL":
        judged = judge_email(text)
    else:
        return Shaped(_json(text))
    if judged.value is None:
        return _dropped(CustomFieldWarning.INVALID, str(judged.codes[0]))
    return Shaped(_json(judged.value))


def read_number(text: str) -> str | None:
    """A number as JSON; None if it is none, or if 1,234 or 1.234 € could be a thousand."""
    text = unicodedata.normalize("NFKC", text).strip()
    if _PLAIN_NUMBER.fullmatch(text):
        return _number(Decimal(text))
    found = _MONEY.fullmatch(text)
    digits = found and _with_point(re.sub(r"['\u2019 ]", "", found["digits"]))
    if not found or not digits:
        return None
    return _number(Decimal(digits) * (1 if found["sign"] + found["late"] in {"", "+"} else -1))


def _with_point(digits: str) -> str | None:
    """``1.234,50``, ``1,234.50``, ``12,5`` with a point for the decimals and nothing else."""
    if re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits):
        return None
    if re.fullmatch(r"\d*\.\d+|\d+", digits):
        return digits
    if re.fullmatch(r"\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}", digits):
        return digits.replace(",", "")
    if re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}", digits):
        return digits.replace(".", "").replace(",", ".")
    return digits.replace(",", ".") if re.fullmatch(r"\d*,\d+", digits) else None


def _number(number: Decimal) -> str | None:
    if number and number.adjusted() >= _LONGEST_NUMBER:
        return None
    whole = number.to_integral_value()
    return format(whole if number == whole else number.normalize(), "f")


def _pick(field: CustomField, text: str) -> Shaped:
    known = {_folded(option): option for option in field.options}
    many = field.data_type in _PICK_MANY
    if not many or _folded(text) in known:
        written = [text]
    elif len(known) == 1 and _folded(text) in _YES | _NO:
        return Shaped(_json(list(field.options)) if _folded(text) in _YES else None)
    else:
        written = _options_in(text, known)
    picked = {one: known.get(_folded(one), one if _takes(field) else None) for one in written}
    values = list(dict.fromkeys(option for option in picked.values() if option is not None))
    warnings = tuple(
        (CustomFieldWarning.OPTION_UNKNOWN, _nearest(one, field.options))
        for one, option in picked.items()
        if option is None
    )
    if not values:
        return Shaped(None, warnings)
    return Shaped(_json(values if many else values[0]), warnings)


def _takes(field: CustomField) -> bool:
    return field.allows_other or not field.options


def _options_in(text: str, known: dict[str, str]) -> list[str]:
    """The options that a cell names: a list, or text split at the usual signs."""
    if (listed := _listed(text)) is not None:
        return listed
    parts: Sequence[str] = []
    for separator in _BETWEEN_OPTIONS:
        parts = [part.strip() for part in separator.split(text) if part.strip()]
        if all(_folded(part) in known for part in parts):
            break
    return list(parts)


def _listed(text: str) -> list[str] | None:
    """A list as JSON, Python or PostgreSQL writes it; None if it is none."""
    bracketed = _LISTED.fullmatch(text)
    if not bracketed:
        return None
    quote = "'" if bracketed[1].lstrip().startswith("'") else '"'
    try:
        listed = json.loads(text) if text.startswith("[") else None
    except ValueError:
        listed = None
    try:
        cells = csv.reader([bracketed[1]], quotechar=quote, skipinitialspace=True)
        found = listed if isinstance(listed, list) else next(cells, [])
    except csv.Error:  # a cell of more than 131,072 characters
        return None
    return [str(one).strip() for one in found if str(one).strip()]


def _nearest(written: str, options: tuple[str, ...]) -> str:
    by_fold = {_folded(option): option for option in options}
    near = get_close_matches(_folded(written), by_fold, n=1, cutoff=0.5)
    if near:
        return f"the nearest option is '{by_fold[near[0]]}'"
    shown = ", ".join(f"'{option}'" for option in options[:_OPTIONS_SHOWN])
    return f"the options are {shown}" + (" and others" if len(options) > _OPTIONS_SHOWN else "")


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _dropped(code: CustomFieldWarning, detail: str) -> Shaped:
    return Shaped(None, ((code, detail),))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
