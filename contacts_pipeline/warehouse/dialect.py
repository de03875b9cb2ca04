"""How a warehouse writes SQL, and what its errors mean: ANSI here, a subclass a warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line


@dataclass(frozen=True)
class Column:
    """A column of a table or query; ``kind`` is the type by the warehouse's own name."""

    name: str
    kind: str


class Dialect:
    """What a reader must know of one warehouse; values arrive as the driver types them."""

    name = "ansi"
    quote = '"'
    moments: frozenset[str] = frozenset()
    session: tuple[str, ...] = ()
    """Statements that open every transaction of a reader."""
    writing_session: tuple[str, ...] = ()
    """Statements that open a writer's session."""
    unmakes_tables = False
    """Whether a table that was made in a transaction is gone with it."""
    types: Mapping[str, str] = MappingProxyType(
        {"string": "text", "int64": "bigint", "bool": "boolean", "timestamp": "timestamptz"}
    )
    """The column types of tables that are written, by Arrow's names."""

    def quoted(self, name: str) -> str:
        """``name`` as an identifier, whatever is in it."""
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote

    def literal(self, text: str) -> str:
        """``text`` as a string of SQL, whatever is in it."""
        return "'" + text.replace("'", "''") + "'"

    def folded(self, name: str) -> str:
        """How the warehouse stores a name that was written without quotes."""
        return name

    def is_moment(self, kind: str) -> bool:
        """Whether a column of this kind can say since when a row is as it is."""
        return kind in self.moments

    def text(self, expression: str, kind: str) -> str:
        """``expression`` as text; what is not text yet when it arrives, ``snapshot`` makes so."""
        del kind
        return f"({expression})"

    def moment(self, expression: str, kind: str) -> str | None:
        """``expression`` as a time, where the driver gives it rightly; None to read its text."""
        del expression, kind
        return None

    def changed_since(self, column: str, moment: datetime) -> str:
        """The rows that may have changed since ``moment`` (UTC), an unknown time included."""
        return f"({column} >= timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}' or {column} is null)"

    def wait_for_turn(self, what: str) -> tuple[str, ...]:
        """Statements that hold ``what`` for this transaction alone, where the warehouse can."""
        del what
        return ()

    def may_write(self, source: str) -> str | None:
        """A query that says whether the login could write to the table; None if none can."""
        del source
        return None

    def trouble(self, error: Exception) -> Trouble:
        """What ``error`` means for the user."""
        return Trouble(TroubleKind.OTHER, first_line(error))
