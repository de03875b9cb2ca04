"""How a ledger that an older program wrote becomes this program's: a numbered SQL file a step.

To change the schema: change the tables in ``schema``, and add ``NNNN_what.sql`` here, its number
the next one, which takes an existing ledger there. What two databases must be told differently
goes into ``NNNN_what.sqlite.sql`` and ``NNNN_what.postgresql.sql``. A test holds both ways alike.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, delete, insert, inspect, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.database import LedgerError, alone_until_commit, shown

FIRST_VERSION = 1
STEPS = Path(__file__).parent
_FACTS = schema.facts
_VERSION = "schema_version"
_NAME = re.compile(r"(?P<version>\d{4})_\w+(\.(?P<dialect>sqlite|postgresql))?\.sql")
_END_OF_STATEMENT = re.compile(r";[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Migration:
    """The step that makes a ledger of the version before one of ``version``."""

    version: int
    dialect: str | None
    file: Path

    @classmethod
    def of(cls, file: Path) -> Self | None:
        """The migration in ``file``, None if it is none."""
        found = _NAME.fullmatch(file.name)
        return cls(int(found["version"]), found["dialect"], file) if found else None

    @property
    def statements(self) -> list[str]:
        """Its SQL; a statement ends with a semicolon at the end of a line."""
        text = self.file.read_text(encoding="utf-8")
        lines = (line for line in text.splitlines() if not line.lstrip().startswith("--"))
        parts = _END_OF_STATEMENT.split("\n".join(lines))
        return [part.strip() for part in parts if part.strip()]


def bring_up_to_date(connection: Connection, steps: Path = STEPS) -> None:
    """Make the tables, or take an older ledger to the newest version, a step a transaction.

    Several processes may do so at once. What an older program that still pushes writes meanwhile
    must stay possible: a step adds columns with a default, tables and indexes; it removes nothing
    that the version before it wrote.

    Raises:
        LedgerError: the ledger is of a newer program.
    """
    newest = newest_version(steps)
    while (version := _version(connection)) != newest:
        connection.rollback()  # who waits for its turn must hold nothing that a step could need
        alone_until_commit(connection)
        version = _version(connection)
        if version is None:
            schema.metadata.create_all(connection)
            _write_version(connection, newest)
        elif version < newest:
            _apply(connection, migrations(steps), version + 1)
            _write_version(connection, version + 1)
        elif version > newest:
            raise LedgerError(
                f"ledger {shown(connection.engine)}: it is of version {version}, and this program "
                f"knows {newest}; update contacts-pipeline"
            )
        connection.commit()


def newest_version(steps: Path = STEPS) -> int:
    """The version of the schema that this program knows."""
    return max((migration.version for migration in migrations(steps)), default=FIRST_VERSION)


@cache
def migrations(steps: Path = STEPS) -> tuple[Migration, ...]:
    """Every step in the folder, of all databases."""
    files = sorted(steps.iterdir(), key=lambda file: file.name)
    return tuple(found for file in files if (found := Migration.of(file)))


def _apply(connection: Connection, steps: Sequence[Migration], version: int) -> None:
    for step in steps:
        if step.version == version and step.dialect in {None, connection.dialect.name}:
            for statement in step.statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


def _version(connection: Connection) -> int | None:
    """None where there is no ledger yet; the first program could die before it wrote a version."""
    if not inspect(connection).has_table(_FACTS.name):
        return None
    stored = connection.execute(
        select(_FACTS.c.value).where(_FACTS.c.name == _VERSION)
    ).scalar_one_or_none()
    return FIRST_VERSION if stored is None else int(stored)


def _write_version(connection: Connection, version: int) -> None:
    connection.execute(delete(_FACTS).where(_FACTS.c.name == _VERSION))
    connection.execute(insert(_FACTS).values(name=_VERSION, value=str(version)))
