"""A location's custom fields as they were last read, cached on disk."""

import json
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from pydantic import ValidationError

from contacts_pipeline.crm import CustomFieldDefinition
from contacts_pipeline.snapshots import replacing

READ_AGAIN_AFTER_SECONDS = 86_400
"""An unknown key stays unknown, and a picklist the same, for a day."""

_PREFIX = "contact."
_KEPT = {"id", "field_key", "data_type", "picklist_options", "allows_other"}


def load_catalogue(path: Path) -> dict[str, CustomFieldDefinition]:
    """The fields by key, without ``contact.``; empty where nothing readable was kept yet."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found = [CustomFieldDefinition.model_validate(field) for field in stored]
    except (FileNotFoundError, ValidationError):
        return {}
    return {field.field_key.removeprefix(_PREFIX): field for field in found}


def save_catalogue(path: Path, fields: Sequence[CustomFieldDefinition]) -> None:
    """Keep what ``GET /locations/{id}/customFields`` answered."""
    found = [field.model_dump(include=_KEPT, by_alias=True) for field in fields]
    with replacing(path) as part:
        part.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")


def must_be_read(path: Path, keys: Collection[str]) -> bool:
    """Whether a wanted key, or an option of its picklist, might have been added since."""
    if not keys:
        return False
    known = load_catalogue(path)
    if not known:
        return not path.exists() or _is_old(path) or path.read_bytes()[:1] != b"["
    lasting = {key for key, field in known.items() if not field.picklist_options}
    return not set(keys) <= lasting and _is_old(path)


def _is_old(path: Path) -> bool:
    return not 0 <= time.time() - path.stat().st_mtime < READ_AGAIN_AFTER_SECONDS
