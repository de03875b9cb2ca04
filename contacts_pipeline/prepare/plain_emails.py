"""What tells plain addresses apart in SQL: the words of ``emails``, as patterns.

A plain address is ASCII and all that email-validator could do to it is to lower its letters.
"""

import re
from collections.abc import Iterable

import duckdb
from email_validator import SPECIAL_USE_DOMAIN_NAMES

from contacts_pipeline.prepare.emails import (
    MADE_UP_HOSTS,
    MADE_UP_PEOPLE,
    NOBODY,
    ONE_KEY,
    ROLES,
)


def set_address_patterns(con: duckdb.DuckDBPyConnection) -> None:
    """Set the variables ``odd_address`` and the like: the patterns of ``addressed_contacts``."""
    special = rf"\.{_any(name.rpartition('.')[2] for name in SPECIAL_USE_DOMAIN_NAMES)}$"
    placeholder = "|".join(
        (
            rf"^{_any(NOBODY)}@",
            rf"@{_any(NOBODY)}\.",
            rf"^{_any(MADE_UP_PEOPLE)}@{_any(MADE_UP_HOSTS)}\.",
            rf"^{_any(f'{keys}@{keys}' for keys in ONE_KEY)}\.",
        )
    )
    role = rf"^{_any(ROLES)}@"
    for name, pattern in (
        ("special_address", special),
        ("placeholder_address", placeholder),
        ("role_address", role),
        ("odd_address", "|".join((special, placeholder, role))),
    ):
        con.execute(f"set variable {name} = ?", [pattern])


def _any(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(re.escape(word) for word in sorted(set(words)))})"
