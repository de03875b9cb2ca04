"""The SQL of tables of our own, in the words of each warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from contacts_pipeline.warehouse.dialect import Dialect


@dataclass(frozen=True)
class Replacement:
    """``rows`` take the place of those whose columns are as ``where`` says."""

    table: str
    rows: pa.Table
    where: Mapping[str, str]


@dataclass(frozen=True)
class Statements:
    """What is said to one schema of a warehouse."""

    dialect: Dialect
    schema: str

    def create_schema(self) -> str:
        """Make the schema."""
        return f"create schema {self._name(self.schema)}"

    def create_table(self, table: str, columns: pa.Schema) -> str:
        """Make a table with the columns of ``columns``."""
        kinds = (
            f"{self._name(field.name)} {self._kind(field.type)}"
            + ("" if field.nullable else " not null")
            for field in columns
        )
        return f"create table {self.table(table)} ({', '.join(kinds)})"

    def look(self, table: str) -> str:
        """Fail where the table is not there, or may not be read."""
        return f"select * from {self.table(table)} where 1 = 0"

    def delete(self, table: str, where: Mapping[str, str]) -> str:
        """Remove the rows that are ``where``."""
        return f"delete from {self.table(table)} where {self._condition(where)}"

    def wait_for_turn(self, whose: Mapping[str, str]) -> Sequence[str]:
        """Let nobody else replace rows of ``whose`` until this transaction ends."""
        return self.dialect.wait_for_turn(" ".join((self.schema, *whose.values())))

    def largest(self, table: str, column: str, where: Mapping[str, str]) -> str:
        """The largest value of a column."""
        return (
            f"select max({self._name(column)}) from {self.table(table)} "
            f"where {self._condition(where)}"
        )

    def table(self, table: str) -> str:
        """The table's whole name."""
        return f"{self._name(self.schema)}.{self._name(table)}"

    def folded(self, name: str) -> str:
        """How the warehouse stores ``name``, so that analysts need no quotes."""
        return self.dialect.folded(name)

    def _condition(self, where: Mapping[str, str]) -> str:
        literal = self.dialect.literal
        return " and ".join(f"{self._name(name)} = {literal(text)}" for name, text in where.items())

    def _name(self, name: str) -> str:
        return self.dialect.quoted(self.folded(name))

    def _kind(self, kind: pa.DataType) -> str:
        return self.dialect.types["timestamp" if pa.types.is_timestamp(kind) else str(kind)]
