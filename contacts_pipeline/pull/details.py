"""Whether a location allows duplicate contacts, as it was last read, cached on disk."""

import json
import time
from pathlib import Path

from contacts_pipeline.crm import LocationClosed, Refused
from contacts_pipeline.pull.asking import Asker
from contacts_pipeline.snapshots import replacing

DETAILS_HOLD_SECONDS = 86_400


def load_allows_duplicates(path: Path) -> bool:
    """What the CRM said; where it never did, they are assumed not to be allowed."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return bool(stored["allows_duplicates"])


def details_are_old(path: Path) -> bool:
    """Whether to ask again, now that the location is read anyway."""
    try:
        age = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return True
    return not 0 <= age < DETAILS_HOLD_SECONDS


async def read_details(asker: Asker, path: Path) -> None:
    """Ask the location; a token without the scope for it leaves things as they were."""
    try:
        details = await asker.ask(asker.client.location)
    except (LocationClosed, Refused):
        return
    allowed = bool(details.settings.allow_duplicate_contact)
    with replacing(path) as part:
        part.write_text(json.dumps({"allows_duplicates": allowed}), encoding="utf-8")
