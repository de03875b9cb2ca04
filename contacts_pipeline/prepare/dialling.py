"""libphonenumber's ``parse`` and ``is_valid_number`` for numbers known only by their beginning.

The steps are those of ``phonenumberutil.parse``, in its order, over plain digits. A step that
needs a digit not known yet raises ``UndecidedError``; what is decided holds for every ending.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumber
from phonenumbers.phonemetadata import PhoneNumberDesc

from contacts_pipeline.prepare.digit_patterns import (
    NOTHING,
    Pattern,
    after,
    any_of,
    compile_digits,
    of_length,
)
from contacts_pipeline.prepare.phones import Strictness

SHORTEST, LONGEST = 2, 17
"""Digits of a national number that ``parse`` takes at all."""

_TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)


class UndecidedError(Exception):
    """More digits must be known."""


class ForeignError(Exception):
    """The number begins with the international prefix: it is to be dialled abroad."""


@dataclass(frozen=True)
class Digits:
    """A number that starts with ``known`` and goes on for ``unknown`` more digits."""

    known: str
    unknown: int

    def __len__(self) -> int:
        return len(self.known) + self.unknown

    def without(self, digits: int) -> "Digits":
        """The number less its first ``digits`` digits."""
        if digits > len(self.known):
            raise UndecidedError
        return Digits(self.known[digits:], self.unknown)

    def is_all(self, pattern: Pattern) -> bool:
        """Whether the whole number is in ``pattern``."""
        answer = of_length(after(pattern, self.known), self.unknown)
        if answer is None:
            raise UndecidedError
        return answer

    def start(self, expression: str) -> re.Match[str] | None:
        """``re.match`` of a regular expression at the beginning of the number."""
        if self.unknown and after(compile_digits(expression), self.known) is not NOTHING:
            raise UndecidedError
        return re.match(expression, self.known)


def dial_at_home(digits: Digits, region: str, strictness: Strictness) -> str | None:
    """E.164 of the known digits of a number written in ``region`` without a plus.

    None if it is not usable.
    """
    metadata = _metadata(phonenumbers.country_code_for_region(region), region)
    if metadata.international_prefix and digits.start(metadata.international_prefix):
        raise ForeignError
    home = phonenumbers.country_code_for_region(region)
    code = str(home)
    if len(digits.known) < len(code) and digits.unknown:
        raise UndecidedError
    national = digits
    if digits.known.startswith(code):
        bare = _without_trunk_prefix(digits.without(len(code)), metadata)
        if (not _is_general(digits, metadata) and _is_general(bare, metadata)) or len(
            digits
        ) > _general(metadata).possible_length[-1]:
            national = bare
            metadata = _main_metadata(home)
    return _finish(national, metadata, strictness)


def dial_abroad(national: Digits, code: int, strictness: Strictness) -> str | None:
    """E.164 of the known digits of a number written with a plus and the calling ``code``."""
    return _finish(national, _main_metadata(code), strictness)


def _finish(number: Digits, metadata: PhoneMetadata, strictness: Strictness) -> str | None:
    if len(number) < SHORTEST:
        return None
    bare = _without_trunk_prefix(number, metadata)
    if _is_long_enough(len(bare), metadata):
        number = bare
    code = metadata.country_code or 0
    if not SHORTEST <= len(number) <= LONGEST:
        return None
    usable = (
        _is_valid(number, code)
        if strictness == "valid"
        else phonenumbers.is_possible_number(PhoneNumber(code, int("1" * len(number))))
    )
    return f"+{code}{number.known}" if usable else None


def _main_metadata(code: int) -> PhoneMetadata:
    return _metadata(code, phonenumbers.region_code_for_country_code(code))


def _metadata(code: int, region: str) -> PhoneMetadata:
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if metadata is None:
        raise LookupError(f"libphonenumber has no numbering plan of {region} (+{code})")
    return metadata


def _without_trunk_prefix(number: Digits, metadata: PhoneMetadata) -> Digits:
    prefix, rule = metadata.national_prefix_for_parsing, metadata.national_prefix_transform_rule
    found = number.start(prefix) if prefix and len(number) else None
    if not prefix or not found:
        return number
    groups = found.groups()
    if not rule or not groups or groups[-1] is None:
        bare = number.without(found.end())
    else:
        written = re.sub(prefix, re.sub(r"\$(\d)", r"\\\1", rule), number.known, count=1)
        bare = Digits(written, number.unknown)
    # 'Viable before, not after' keeps the prefix: it is part of the number then.
    return number if not _is_general(bare, metadata) and _is_general(number, metadata) else bare


def _general(metadata: PhoneMetadata) -> PhoneNumberDesc:
    return metadata.general_desc or PhoneNumberDesc()


def _is_long_enough(length: int, metadata: PhoneMetadata) -> bool:
    general = _general(metadata)
    if length in general.possible_length_local_only:
        return False
    return length in general.possible_length or length > general.possible_length[-1]


def _is_general(number: Digits, metadata: PhoneMetadata) -> bool:
    expression = _general(metadata).national_number_pattern
    return bool(expression) and number.is_all(compile_digits(expression))


def _is_valid(number: Digits, code: int) -> bool:
    plans = _plans(code)
    for metadata in plans:
        if len(plans) > 1 and metadata.leading_digits is not None:
            if number.start(metadata.leading_digits):
                return _has_type(number, metadata)
        elif _has_type(number, metadata):
            return True
    return False


@lru_cache(None)
def _plans(code: int) -> tuple[PhoneMetadata, ...]:
    regions = COUNTRY_CODE_TO_REGION_CODE[code]
    plans = (PhoneMetadata.metadata_for_region_or_calling_code(code, one) for one in regions)
    return tuple(plan for plan in plans if plan)


def _has_type(number: Digits, metadata: PhoneMetadata) -> bool:
    """Whether the number is of any type, which may be known before it is known of which."""
    return _is_of(number, _general(metadata)) and number.is_all(
        _typed(metadata.country_code or 0, metadata.id or "", len(number))
    )


def _is_of(number: Digits, description: PhoneNumberDesc | None) -> bool:
    return number.is_all(_pattern(description, len(number)))


@lru_cache(None)
def _typed(code: int, region: str, length: int) -> Pattern:
    metadata = _metadata(code, region)
    return any_of(_pattern(getattr(metadata, name), length) for name in _TYPES)


def _pattern(description: PhoneNumberDesc | None, length: int) -> Pattern:
    """The numbers of ``length`` digits that are as described."""
    if description is None or not description.national_number_pattern:
        return NOTHING
    if description.possible_length and length not in description.possible_length:
        return NOTHING
    return compile_digits(description.national_number_pattern)
