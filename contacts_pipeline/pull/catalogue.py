"""A location's custom fields as they were last read: key to id, cached on disk."""

import json
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from contacts_pipeline.crm import CustomFieldDefinition
from contacts_pipeline.snapshots import replacing

UNKNOWN_KEY_STAYS_UNKNOWN_SECONDS = 86_400
_PREFIX = "contact."


def load_catalogue(path: Path) -> dict[str, str]:
    """Key, without ``contact.``, to id; empty where nothing was read yet."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return {str(key): str(field_id) for key, field_id in stored.items()}


def save_catalogue(path: Path, fields: Sequence[CustomFieldDefinition]) -> None:
    """Keep what ``GET /locations/{id}/customFields`` answered."""
    found = {field.field_key.removeprefix(_PREFIX): field.id for field in fields}
    with replacing(path) as part:
        part.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")


def must_be_read(path: Path, keys: Collection[str]) -> bool:
    """Whether a wanted key is unknown and might have been added since the last reading."""
    if not keys or set(keys) <= load_catalogue(path).keys():
        return False
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return True
    return not 0 <= age < UNKNOWN_KEY_STAYS_UNKNOWN_SECONDS
