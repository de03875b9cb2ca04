"""A planner on a bench: contacts, lists and a real ledger in, the rows of a plan out."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Table

from contacts_pipeline.keyed_hash import fingerprint
from contacts_pipeline.ledger import Ledger, count_change, schema
from contacts_pipeline.plan import (
    PlanHeader,
    PlannedLocation,
    Sources,
    hashes_after,
    plan_locations,
)
from contacts_pipeline.plan.files import newest_plan, read_header, read_rows
from contacts_pipeline.plan.inputs import Listed, crm_contacts_schema
from contacts_pipeline.settings import Policy
from tests.plan.given import (
    KEY,
    LISTED,
    NEW,
    OLD,
    UNIQUE_CONTACTS,
    VALID_CONTACTS,
    Row,
    hashed,
    location,
)

CRM = "http://127.0.0.1:1"


@dataclass
class Bench:
    """A data folder with a ledger in it."""

    folder: Path
    ledger: Ledger
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    def at(cls, folder: Path, url: str = "sqlite://") -> "Bench":
        return cls(folder, Ledger(url, CRM, fingerprint(KEY)))

    def acknowledge(
        self,
        contact_id: str,
        *keys: str,
        known_at: datetime = OLD,
        location_id: str = "acme",
        row_hash: str | None = None,
        **fields: Any,
    ) -> None:
        """A contact that the CRM has acknowledged; ``fields`` by the API's names."""
        hashes = {name: hashed(name, json.dumps(value)) for name, value in fields.items()}
        row = {
            "crm": CRM,
            "location_id": location_id,
            "contact_id": contact_id,
            "source_keys": json.dumps(keys),
            "email_hash": hashed("email", fields.get("email")),
            "phone_hash": hashed("phone", fields.get("phone")),
            "hashes": json.dumps(hashes),
            "row_hash": row_hash,
            "run_id": "before",
            "known_at": known_at,
        }
        self.write(schema.contacts, row)

    def write(self, table: Table, row: Row) -> None:
        """Write a row of the ledger, as a commit of its own that is counted."""
        with self.ledger.engine.begin() as connection:
            changes = count_change(self.ledger, connection, [row["location_id"]])
            row = {"changes": changes[row["location_id"]]} | row
            self.ledger.replace(connection, table, [row])

    def answered(self, row: Row, stored: Mapping[str, Any], at: datetime = OLD) -> None:
        """The CRM has answered a row of a plan with ``stored``: written down as the push does."""
        self.acknowledge(
            stored["id"],
            *row["source_keys"],
            known_at=at,
            location_id=row["location_id"],
            row_hash=row["row_hash"],
        )
        table = schema.contacts
        custom = {
            item["id"]: json.dumps(item["field_value"], separators=(",", ":"))
            for item in stored.get("customFields", ())
        }
        held = {"hashes": json.dumps(hashes_after(row, KEY, custom))} | {
            f"{kind}_hash": hashed(kind, stored.get(kind))
            if row["body"] is not None
            else row[f"{kind}_hash"]
            for kind in ("email", "phone")
        }
        with self.ledger.engine.begin() as connection:
            connection.execute(
                table.update().where(table.c.contact_id == stored["id"]).values(**held)
            )
            connection.execute(
                schema.requests.delete().where(
                    schema.requests.c.location_id == row["location_id"],
                    schema.requests.c.identity.in_(row["unsettled_identities"]),
                )
            )

    def acknowledge_plan(self, rows: Iterable[Row], known_at: datetime = OLD) -> None:
        """The CRM takes all that a plan sends, and stores it."""
        for row in rows:
            if row["action"] in {"create", "update"}:
                stored = json.loads(row["body"] or "{}")
                stored["id"] = row["contact_id"] or f"new-{row['identity']}"
                self.answered(row, stored, known_at)

    def leave_unsettled(
        self,
        *keys: str,
        identity: str | None = None,
        contact_id: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        intended_at: datetime = NEW,
        location_id: str = "acme",
    ) -> None:
        """A request that was sent, and nobody knows whether it was applied."""
        row = {
            "crm": CRM,
            "location_id": location_id,
            "run_id": "before",
            "number": next(self.numbers),
            "identity": identity or min(keys),
            "source_keys": json.dumps(keys),
            "effect": "upsert",
            "predicted_contact_id": contact_id,
            "email_hash": hashed("email", email),
            "phone_hash": hashed("phone", phone),
            "intended_at": intended_at,
            "settled": False,
        }
        self.write(schema.requests, row)

    def forget(self) -> None:
        """An empty ledger."""
        with self.ledger.engine.begin() as connection:
            connection.execute(schema.contacts.delete())
            connection.execute(schema.requests.delete())

    def listed(
        self,
        of: PlannedLocation,
        *contacts: Row,
        at: datetime = LISTED,
        fresh: bool = True,
        changes: int | None = None,
    ) -> PlannedLocation:
        """The location with a list of these contacts (``contact_id`` and columns)."""
        path = self.folder / f"listed-{next(self.numbers)}.parquet"
        columns = crm_contacts_schema(
            Listed(at.replace(tzinfo=UTC), changes, f"list {next(self.numbers)}")
        )
        rows = [{"location_id": of.location_id} | one for one in contacts]
        pq.write_table(pa.Table.from_pylist(rows, schema=columns), path)
        return replace(of, crm_contacts=path, is_fresh=fresh)

    def plan_all(
        self,
        locations: Sequence[PlannedLocation],
        contacts: Iterable[Row],
        policy: Mapping[str, Any] | None = None,
        rejected: Iterable[Row] = (),
        **options: int,
    ) -> dict[str, PlanHeader]:
        """Plan these locations; ``rejected`` are rows of ``valid_contacts``."""
        return self.plan_of(self.write_stages(contacts, rejected), locations, policy, **options)

    def plan_of(
        self,
        sources: Sources,
        locations: Sequence[PlannedLocation],
        policy: Mapping[str, Any] | None = None,
        **options: int,
    ) -> dict[str, PlanHeader]:
        """Plan these locations from stages that are there already."""
        return plan_locations(
            locations,
            sources,
            self.ledger,
            Policy.model_validate(policy or {}),
            run_id="run",
            hash_key=KEY,
            **options,
        )

    def write_stages(self, contacts: Iterable[Row], rejected: Iterable[Row] = ()) -> Sources:
        """What the plan reads of other stages."""
        contacts = list(contacts)
        unique, valid = self.folder / "unique.parquet", self.folder / "valid.parquet"
        pq.write_table(pa.Table.from_pylist(contacts, schema=UNIQUE_CONTACTS), unique)
        members = [
            {"location_id": row["location_id"], "source_key": key}
            for row in contacts
            for key in row["source_keys"]
        ]
        rows = [*members, *rejected]
        pq.write_table(pa.Table.from_pylist(rows, schema=VALID_CONTACTS), valid)
        return Sources(valid, unique, self.folder, self.folder / "scratch")

    def plan(
        self, *contacts: Row, at: PlannedLocation | None = None, **policy: Any
    ) -> dict[str, Row]:
        """Plan one location; its rows by identity, in the order of sending."""
        one = at or location()
        self.plan_all([one], contacts, policy)
        return {row["identity"]: row for row in self.rows(one.location_id)}

    def rows(self, location_id: str = "acme") -> list[Row]:
        """The rows of the plan that was made last."""
        path = newest_plan(self.folder, CRM, location_id)
        assert path is not None
        return list(read_rows(path))

    def header(self, location_id: str = "acme") -> PlanHeader:
        """The header of the plan that was made last, as it is on disk."""
        return read_header(newest_plan(self.folder, CRM, location_id), location_id)
