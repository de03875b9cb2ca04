"""Counting the stages again from disk, so that a check does not believe the code it checks."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from contacts_pipeline.masking import mask
from contacts_pipeline.snapshots import unchanging
from contacts_pipeline.steps.stages import stage, unified_contacts
from contacts_pipeline.workspace import Workspace


@dataclass(frozen=True)
class Judged:
    """Rows of ``warehouse_contacts`` and of ``valid_contacts``, and the rejected of the latter."""

    extracted: int
    judged: int
    rejected: int


@dataclass(frozen=True)
class Unified:
    """Rows of ``unique_contacts``, their member rows, and what must not be: a repeated email.

    ``valid`` are the rows that were not rejected, each of which is a member.
    """

    valid: int
    identities: int
    members: int
    held: int
    repeated_emails: int


@dataclass(frozen=True)
class RejectedShare:
    """Rows of a location and the rejected among them; ``share`` is from 0 to 1.

    A ``location`` that the registry does not have is masked: it may be a value of another column.
    """

    location: str | None
    extracted: int
    rejected: int
    share: float


def audit_judgement(warehouse_contacts: Path, valid_contacts: Path) -> Judged:
    """Count what was extracted and what was judged."""
    row = _one(
        """
        select
            (select count(*) from read_parquet($extracted)) as extracted,
            count(*) as judged,
            count(rejection) as rejected
        from read_parquet($judged)
        """,
        extracted=warehouse_contacts,
        judged=valid_contacts,
    )
    return Judged(**row)


def audit_unification(valid_contacts: Path, unique_contacts: Path, locations: Path) -> Unified:
    """Count identities and members, and emails that two identities of a location share."""
    row = _one(
        """
        with identities as (
            select location_id, email, len(source_keys) as members, hold
            from read_parquet($unique)
        ),
        repeated as (
            select location_id, email
            from identities
            join read_parquet($locations) using (location_id)
            where contains(match, 'email') and email is not null
            group by all
            having count(*) > 1
        )
        select
            (select count(*) from read_parquet($valid) where rejection is null) as valid,
            count(*) as identities,
            coalesce(sum(members), 0)::bigint as members,
            count(hold) as held,
            (select count(*) from repeated) as repeated_emails
        from identities
        """,
        valid=valid_contacts,
        unique=unique_contacts,
        locations=locations,
    )
    return Unified(**row)


def identities_by_location(workspace: Workspace) -> list[dict[str, Any]]:
    """``location_id, identities, members`` of every location that has any."""
    return _rows(
        """
        select location_id, count(*) as identities, sum(len(source_keys))::bigint as members
        from read_parquet($unique) group by all order by all
        """,
        unique=stage(workspace, "unique_contacts"),
    )


def unassigned(workspace: Workspace) -> dict[str, int]:
    """Rows of no enabled location, by the code of their rejection."""
    rows = _rows(
        """
        select rejection.code as code, count(*) as n
        from read_parquet($valid)
        where rejection.code in ('location_unknown', 'location_disabled')
        group by all order by all
        """,
        valid=stage(workspace, "valid_contacts"),
    )
    return {row["code"]: row["n"] for row in rows}


def rejected_shares(workspace: Workspace) -> list[RejectedShare]:
    """The share of each location, the worst first; rows of disabled ones don't count.

    Rows whose location nobody knows stand under the location that they name, masked.
    """
    rows = _rows(
        """
        select
            location_id as location,
            coalesce(bool_or(rejection.code = 'location_unknown'), false) as unknown,
            count(*) as extracted,
            count(rejection) as rejected,
            round(count(rejection) / count(*), 4) as share
        from read_parquet($valid)
        where rejection is null or rejection.code <> 'location_disabled'
        group by location_id
        order by share desc, rejected desc, location_id
        """,
        valid=stage(workspace, "valid_contacts"),
    )
    return [_share(**row) for row in rows]


def _share(*, unknown: bool, location: str | None, **counts: Any) -> RejectedShare:
    return RejectedShare(mask(location) if unknown else location, **counts)


def count_unplanned(workspace: Workspace, location_id: str) -> dict[str, int]:
    """The counts of a location that has no plan: all its identities are deferred."""
    row = _one(
        """
        with identities as (
            select count(*) as n from read_parquet($unique) where location_id = $location_id
        )
        select
            count(*) as extracted,
            count(rejection) as rejected,
            count(*) - count(rejection) - any_value(identities.n) as merged,
            any_value(identities.n) as deferred
        from read_parquet($valid), identities
        where location_id = $location_id
        """,
        location_id,
        valid=unified_contacts(workspace),
        unique=stage(workspace, "unique_contacts"),
    )
    return {name: n or 0 for name, n in row.items()}


def _rows(query: str, location_id: str | None = None, **stages: Path) -> list[dict[str, Any]]:
    with unchanging(*stages.values()) as paths, duckdb.connect(":memory:") as con:
        given = {name: str(path) for name, path in zip(stages, paths, strict=True)}
        found = con.execute(query, given | ({"location_id": location_id} if location_id else {}))
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _one(query: str, location_id: str | None = None, **stages: Path) -> dict[str, Any]:
    (row,) = _rows(query, location_id, **stages)
    return row
