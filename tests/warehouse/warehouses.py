"""A user's warehouse, such as a PostgreSQL: tables by SQL, and what the pipeline reads of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import create_engine, text

from contacts_pipeline.settings import Settings
from contacts_pipeline.warehouse import extract_contacts

FIELDS = {"email": "email", "city": "city"}
CUSTOMERS = """
create table customers (
    id text primary key, location text, updated_at timestamptz, email text, city text
)
"""


@dataclass
class Warehouse:
    """Any kind, by its URL; ``contacts`` and ``warehouse`` are the settings' sections."""

    url: str
    folder: Path
    contacts: dict[str, Any] = field(default_factory=dict)
    warehouse: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.contacts = {
            "table": "customers",
            "key": "id",
            "location": "location",
            "updated_at": "updated_at",
            "fields": FIELDS,
        } | self.contacts

    @property
    def snapshot(self) -> Path:
        return self.folder / "warehouse_contacts.parquet"

    def settings(self) -> Settings:
        return Settings.model_validate(
            {
                "warehouse": {"url": self.url} | self.warehouse,
                "contacts": self.contacts,
                "locations": [{"id": "acme"}],
                "crm": {"base_url": "http://127.0.0.1:1"},
            }
        )

    def extract(self, **options: Any) -> Any:
        return extract_contacts(self.settings(), self.snapshot, self.folder / "scratch", **options)

    def rows(self) -> list[dict[str, Any]]:
        """The snapshot, by key."""
        found = pq.read_table(self.snapshot).to_pylist()
        return sorted(found, key=lambda row: str(row["source_key"]))

    def only(self, *names: str) -> Mapping[str, Any]:
        """Some columns of the one row."""
        (row,) = self.rows()
        return {name: row[name] for name in names}


@dataclass
class PostgresWarehouse(Warehouse):
    """One database of the tests' own server."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.engine = create_engine(
            self.url.replace("postgresql://", "postgresql+psycopg2://", 1),
            isolation_level="AUTOCOMMIT",
        )

    def sql(self, statement: str, **values: object) -> list[Any]:
        """Run a statement as the owner."""
        with self.engine.connect() as connection:
            found = connection.execute(text(statement), values)
            return list(found.all()) if found.returns_rows else []
