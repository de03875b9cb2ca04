"""Names and expressions from the settings, on their way into SQL.

A name is quoted, so it can only be a name. An expression is SQL by design and runs with the rights
of the login, in a read-only session; it is checked to be one expression and to end where it ends.
"""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from contacts_pipeline.errors import WarehouseError

_NAME = re.compile(r"[A-Za-z_]\w*")
_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|`(?P<ticked>[^`]+)`|(?P<bare>[^."`]+)')
_QUOTED = re.compile(
    r"(?<![\w$])[Ee]'(?:[^'\\]|''|\\.)*'"
    r"|(?<![\w$])(?P<dollars>\$(?:[^\W\d]\w*)?\$).*?(?P=dollars)"
    r"|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
"""Literals, quoted names and comments, also as PostgreSQL alone writes them: E'', $$ and $a$."""


def is_name(text: str) -> bool:
    """Whether ``text`` can only be meant as a column."""
    return _NAME.fullmatch(text) is not None


def name_parts(name: str, key: str) -> list[tuple[str, bool]]:
    """The parts of a dotted name, and whether each was written in quotes."""
    parts: list[tuple[str, bool]] = []
    position = 0
    while position <= len(name):
        found = _PART.match(name, position)
        if not found:
            break
        quoted = found["quoted"] or found["ticked"]
        parts.append(
            (quoted.replace('""', '"'), True) if quoted else (found["bare"].strip(), False)
        )
        position = found.end()
        if position == len(name):
            return parts
        if name[position] != ".":
            break
        position += 1
    raise WarehouseError(
        f"{key}: '{name}' is no name of a table; write it as schema.table, and a part with a dot "
        'or a quote in it in double quotes, with each of its own doubled: "a.b""c"'
    )


def one_expression(text: str, key: str) -> str:
    """``text`` if it is one expression or query: balanced, with no second statement."""
    bare = _QUOTED.sub(" ", text.strip().removesuffix(";"))
    depth = 0
    for mark in bare:
        depth += (mark == "(") - (mark == ")")
        if depth < 0:
            break
    if depth or ";" in bare or any(mark in bare for mark in ("'", '"', "`", "/*")):
        raise WarehouseError(
            f"{key}: '{text}' is not one SQL expression; close what it opens and write no ';'"
        )
    return text.strip().removesuffix(";")


def one_value(text: str, key: str) -> str:
    """``text`` if it is one expression of one value."""
    expression = one_expression(text, key)
    depth = 0
    for mark in _QUOTED.sub(" ", expression):
        depth += (mark in "([{") - (mark in ")]}")
        if mark == "," and depth == 0:
            raise WarehouseError(f"{key}: '{text}' gives several values; write one expression")
    return expression


def the_one_called(name: str, known: Sequence[str]) -> str | None:
    """The known name that is meant: the same, else the only one that differs in case."""
    if name in known:
        return name
    alike = [other for other in known if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """The nearest known name, else the known ones, as the end of an error."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; there is {', '.join(names) or 'none'}"
