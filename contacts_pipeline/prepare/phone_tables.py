"""The numbering plans of libphonenumber as tables that SQL can join.

A *scope* is a region, for numbers as dialled at home, or ``+`` and a calling code. Numbers
of one scope, length and first two digits are a *part* of a plan; a part says how many digits
decide, and a usable beginning has the E.164 that takes its place; others are unusable.
"""

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from contacts_pipeline.prepare.dialling import (
    Digits,
    ForeignError,
    UndecidedError,
    dial_abroad,
    dial_at_home,
)
from contacts_pipeline.prepare.digit_patterns import DIGITS, UnknownSyntaxError
from contacts_pipeline.prepare.phones import Strictness

FIRST_DIGITS = 2
MOST_DIGITS = 6
"""Beginnings longer than this are left to Python: 1 number in 1,000 needs them."""

TOLERATED = 0.005
"""Share of a part's numbers that is left to Python where that makes its table ten times smaller."""


class Leaf(NamedTuple):
    """A beginning, and what it becomes: E.164, None if unusable, "?" if Python must judge."""

    start: str
    e164: str | None


class PlanPart(NamedTuple):
    """The usable beginnings of a part, each of ``depth`` digits; None: leave it to Python."""

    depth: int | None
    leaves: list[Leaf]


UNSETTLED = "?"


@lru_cache(None)
def lay_out(part: str, strictness: Strictness) -> PlanPart:
    """The table of the part that is named by scope, a letter for the length, and digits."""
    scope, length, first = part[: -FIRST_DIGITS - 1], ord(part[-FIRST_DIGITS - 1]) - 64, part[-2:]
    try:
        return _flat(list(_leaves(_dial(scope, strictness), length, first)), first)
    except UnknownSyntaxError:
        return PlanPart(None, [])


def _dial(scope: str, strictness: Strictness) -> Callable[[Digits], str | None]:
    if scope.startswith("+"):
        return lambda number: dial_abroad(number, int(scope[1:]), strictness)
    return lambda number: dial_at_home(number, scope, strictness)


def _leaves(dial: Callable[[Digits], str | None], length: int, start: str) -> Iterator[Leaf]:
    try:
        yield Leaf(start, dial(Digits(start, length - len(start))))
    except ForeignError:
        yield Leaf(start, UNSETTLED)
    except UndecidedError:
        if len(start) == min(MOST_DIGITS, length):
            yield Leaf(start, UNSETTLED)
        else:
            for digit in DIGITS:
                yield from _leaves(dial, length, start + digit)


def _flat(leaves: list[Leaf], first: str) -> PlanPart:
    """The usable leaves, all with beginnings of one length; deeper ones are left to Python."""
    depth = len(first)
    while _share_below(leaves, depth) > TOLERATED * 10.0 ** -len(first):
        depth += 1
    kept = {one for leaf in leaves if len(leaf.start) <= depth for one in _grown(leaf, depth)}
    deeper = {Leaf(leaf.start[:depth], UNSETTLED) for leaf in leaves if len(leaf.start) > depth}
    return PlanPart(depth, sorted(kept | deeper))


def _share_below(leaves: list[Leaf], depth: int) -> float:
    return sum(
        10.0 ** -len(leaf.start)
        for leaf in leaves
        if len(leaf.start) > depth and leaf.e164 != UNSETTLED
    )


def _grown(leaf: Leaf, depth: int) -> Iterator[Leaf]:
    if leaf.e164 is None:
        return
    for more in _endings(depth - len(leaf.start)):
        yield Leaf(leaf.start + more, UNSETTLED if leaf.e164 == UNSETTLED else leaf.e164 + more)


def _endings(digits: int) -> list[str]:
    return [f"{number:0{digits}}" for number in range(10**digits)] if digits else [""]


@lru_cache(1)
def calling_codes() -> list[tuple[str, str | None]]:
    """Each three digits, and "", with the scope whose calling code they begin with, if any."""
    codes = [(start, _calling_code(start)) for start in _endings(3)]
    return [("", None), *((start, f"+{code}" if code else None) for start, code in codes)]


def _calling_code(digits: str) -> int:
    codes = [int(digits[:length]) for length in (1, 2, 3) if digits[0] != "0"]
    return next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), 0)


def international_prefix(region: str) -> str | None:
    """What is dialled before a calling code in ``region``, where it is always the same."""
    metadata = PhoneMetadata.metadata_for_region(region)
    prefix = metadata.international_prefix if metadata else None
    return prefix if prefix and prefix.isdigit() else None


def has_a_plan(region: str) -> bool:
    """Whether libphonenumber knows how numbers are dialled in ``region``."""
    return region in phonenumbers.SUPPORTED_REGIONS
