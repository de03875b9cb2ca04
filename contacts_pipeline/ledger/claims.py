"""Who is pushing a location: PostgreSQL's advisory locks, a number for each location."""

import hashlib
from collections.abc import Collection

from sqlalchemy import text

from contacts_pipeline.ledger.store import Ledger

_HELD = text(
    """
    select classid::bigint << 32 | objid::bigint
    from pg_locks
    where locktype = 'advisory' and objsubid = 1 and granted
    """
)


def claim_number(crm: str, location_id: str) -> int:
    """The number of the location's lock: 64 bits, signed."""
    place = f"contacts_pipeline\n{crm}\n{location_id}".encode()
    return int.from_bytes(hashlib.blake2b(place, digest_size=8).digest(), signed=True)


def claimed_locations(ledger: Ledger, location_ids: Collection[str]) -> set[str]:
    """Those that a session of the ledger's PostgreSQL has claimed."""
    with ledger.reading() as connection:
        held = set(connection.scalars(_HELD))
    return {one for one in location_ids if claim_number(ledger.crm, one) in held}
