"""The numbering plans of libphonenumber as tables that SQL can join.

A *scope* is a region, for numbers as dialled at home, or ``+`` and a calling code. Numbers
of one scope and length fall apart by their first two digits; each part says how many digits
decide, and a usable beginning has the E.164 that takes its place; others are unusable.
"""

from collections.abc import Callable, Iterable, Iterator
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

LENGTHS = range(5, 16)
"""Digits, without plus and calling code, of the numbers in the tables; others are rare."""

FIRST_DIGITS = 2
MOST_DIGITS = 6
"""Beginnings longer than this are left to Python: 1 number in 1,000 needs them."""

TOLERATED = 0.005
"""Share of a part's numbers that is left to Python where that makes its table ten times smaller."""


class Leaf(NamedTuple):
    """A beginning, and what it becomes: E.164, None if unusable, "?" if Python must judge."""

    start: str
    e164: str | None


class PlanTables(NamedTuple):
    """Keys are scope, a letter for the length, and the beginning."""

    depths: list[tuple[str, int]]
    starts: list[tuple[str, str]]


UNSETTLED = "?"


@lru_cache(None)
def plan_tables(scope: str, strictness: Strictness) -> PlanTables:
    """The tables of one scope; empty where libphonenumber's rules can't be read."""
    tables = PlanTables([], [])
    try:
        for length in LENGTHS:
            for first in _starts("", FIRST_DIGITS):
                depth, leaves = _flat(list(_leaves(_dial(scope, strictness), length, first)), first)
                key = f"{scope}{chr(64 + length)}"
                tables.depths.append((key + first, depth))
                tables.starts.extend((key + leaf.start, leaf.e164 or UNSETTLED) for leaf in leaves)
    except UnknownSyntaxError:
        return PlanTables([], [])
    return tables


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


def _flat(leaves: list[Leaf], first: str) -> tuple[int, list[Leaf]]:
    """The usable leaves, all with beginnings of one length; deeper ones are left to Python."""
    depth = len(first)
    while _share_below(leaves, depth) > TOLERATED * 10.0 ** -len(first):
        depth += 1
    kept = {one for leaf in leaves if len(leaf.start) <= depth for one in _grown(leaf, depth)}
    deeper = {Leaf(leaf.start[:depth], UNSETTLED) for leaf in leaves if len(leaf.start) > depth}
    return depth, sorted(kept | deeper)


def _share_below(leaves: list[Leaf], depth: int) -> float:
    return sum(
        10.0 ** -len(leaf.start)
        for leaf in leaves
        if len(leaf.start) > depth and leaf.e164 != UNSETTLED
    )


def _grown(leaf: Leaf, depth: int) -> Iterator[Leaf]:
    if leaf.e164 is None:
        return
    for more in _starts("", depth - len(leaf.start)):
        yield Leaf(leaf.start + more, UNSETTLED if leaf.e164 == UNSETTLED else leaf.e164 + more)


def _starts(start: str, digits: int) -> Iterator[str]:
    if digits == 0:
        yield start
    else:
        for digit in DIGITS:
            yield from _starts(start + digit, digits - 1)


def calling_codes(regions: Iterable[str]) -> list[tuple[str, str | None]]:
    """Each three digits, and "", with the scope whose calling code they begin with, if used."""
    used = {phonenumbers.country_code_for_region(region) for region in regions} - {0}
    codes = [(start, _calling_code(start)) for start in _starts("", 3)]
    return [("", None), *((start, f"+{code}" if code in used else None) for start, code in codes)]


def _calling_code(digits: str) -> int:
    codes = [int(digits[:length]) for length in (1, 2, 3) if digits[0] != "0"]
    return next((code for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), 0)


def international_prefix(region: str) -> str | None:
    """What is dialled before a calling code in ``region``, where it is always the same."""
    metadata = PhoneMetadata.metadata_for_region(region)
    prefix = metadata.international_prefix if metadata else None
    return prefix if prefix and prefix.isdigit() else None
