"""Regular expressions over digits, asked about numbers of which only the beginning is known.

What is left of a pattern after a digit is again a pattern (its Brzozowski derivative).
Patterns are interned: equal ones are one object, and each question is answered once.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

DIGITS = "0123456789"
_PIECE = re.compile(r"\(\?:|[()|?$]|\[[\d-]+\]|\\d|\d|\{\d+(?:,\d+)?\}")


class UnknownSyntaxError(ValueError):
    """A regular expression has more than digits, classes, groups and counts."""


class Pattern:
    """A set of digit strings; ``nullable`` if the empty one is among them."""

    __slots__ = ("digits", "either", "first", "nullable", "rest")

    def __init__(
        self,
        *,
        nullable: bool,
        digits: str = "",
        first: "Pattern | None" = None,
        rest: "Pattern | None" = None,
        either: frozenset["Pattern"] = frozenset(),
    ) -> None:
        self.nullable = nullable
        self.digits = digits
        self.first = first
        self.rest = rest
        self.either = either


NOTHING = Pattern(nullable=False)
EMPTY = Pattern(nullable=True)


@lru_cache(None)
def _one_of(digits: str) -> Pattern:
    return Pattern(nullable=False, digits=digits)


@lru_cache(None)
def _then(first: Pattern, rest: Pattern) -> Pattern:
    if NOTHING in (first, rest):
        return NOTHING
    if first is EMPTY:
        return rest
    if rest is EMPTY:
        return first
    if first.first and first.rest:
        return _then(first.first, _then(first.rest, rest))
    return Pattern(nullable=first.nullable and rest.nullable, first=first, rest=rest)


def any_of(patterns: Iterable[Pattern]) -> Pattern:
    """The strings that are in one of ``patterns`` at least."""
    flat: set[Pattern] = set()
    for pattern in patterns:
        flat |= pattern.either or {pattern}
    flat.discard(NOTHING)
    return _union(frozenset(flat))


@lru_cache(None)
def _union(patterns: frozenset[Pattern]) -> Pattern:
    if len(patterns) <= 1:
        return next(iter(patterns), NOTHING)
    return Pattern(nullable=any(one.nullable for one in patterns), either=patterns)


@lru_cache(None)
def after(pattern: Pattern, digits: str) -> Pattern:
    """What must follow ``digits`` to make a string of ``pattern``."""
    if len(digits) > 1:
        return after(after(pattern, digits[:-1]), digits[-1])
    if not digits:
        return pattern
    if pattern.digits:
        return EMPTY if digits in pattern.digits else NOTHING
    if pattern.either:
        return any_of([after(one, digits) for one in pattern.either])
    if pattern.first and pattern.rest:
        taken = _then(after(pattern.first, digits), pattern.rest)
        skipped = after(pattern.rest, digits) if pattern.first.nullable else NOTHING
        return any_of([taken, skipped])
    return NOTHING


@lru_cache(None)
def of_length(pattern: Pattern, length: int) -> bool | None:
    """Whether the strings of that length are all in ``pattern``, none of them, or some (None)."""
    if length == 0:
        return pattern.nullable
    if pattern is NOTHING:
        return False
    answers = {of_length(after(pattern, digit), length - 1) for digit in DIGITS}
    return answers.pop() if len(answers) == 1 else None


@lru_cache(None)
def compile_digits(expression: str) -> Pattern:
    """The pattern of a regular expression; groups only group, ``$`` is ignored."""
    pieces = _PIECE.findall(expression)
    if "".join(pieces) != expression:
        raise UnknownSyntaxError(expression)
    stream = iter([*pieces, ")"])
    return _alternatives(stream)


def _alternatives(stream: Iterator[str]) -> Pattern:
    """Read up to the bracket that closes the group."""
    branches: list[Pattern] = []
    items: list[Pattern] = []
    for piece in stream:
        if piece in {"(", "(?:"}:
            items.append(_alternatives(stream))
        elif piece in {"|", ")"}:
            branches.append(_sequence(items))
            items = []
            if piece == ")":
                break
        elif piece == "?":
            items[-1] = any_of([items[-1], EMPTY])
        elif piece[0] == "{":
            low, _, high = piece[1:-1].partition(",")
            items[-1] = _repeated(items[-1], int(low), int(high or low))
        elif piece != "$":
            items.append(_one_of(_members(piece)))
    return any_of(branches)


def _sequence(items: list[Pattern]) -> Pattern:
    result = EMPTY
    for item in reversed(items):
        result = _then(item, result)
    return result


def _repeated(pattern: Pattern, low: int, high: int) -> Pattern:
    result = EMPTY
    for _ in range(high - low):
        result = any_of([EMPTY, _then(pattern, result)])
    for _ in range(low):
        result = _then(pattern, result)
    return result


def _members(piece: str) -> str:
    if piece == r"\d":
        return DIGITS
    return "".join(digit for digit in DIGITS if re.fullmatch(piece, digit))
