"""What a contact holds once the CRM has taken a row of the plan, as the ledger writes it down.

The texts of a body are hashed when they are sent, not for a million rows of which none may be.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from contacts_pipeline.keyed_hash import keyed_hash

_READ = json.JSONDecoder().raw_decode


def hashes_after(row: Mapping[str, Any], key: bytes) -> dict[str, str]:
    """API field to keyed hash: what the row's body says, and what the plan knows beside it."""
    known: dict[str, str] = json.loads(row["hashes"])
    if row["body"] is None:
        return known
    said = {field: keyed_hash(key, field, text) for field, text in _texts(row["body"])}
    return known | said


def _texts(body: str) -> Iterator[tuple[str, str]]:
    """The fields of a body with their JSON as it stands there: another writing, another hash."""
    at = 1
    while at < len(body) - 1:
        field, colon = _READ(body, at)
        _, end = _READ(body, colon + 1)
        if field != "locationId":
            yield field, body[colon + 1 : end]
        at = end + 1
