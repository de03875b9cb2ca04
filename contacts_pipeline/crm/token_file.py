"""Where a chain of refresh tokens is kept: a file for this user alone, replaced whole."""

import hashlib
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from contacts_pipeline.snapshots import flush


@dataclass(frozen=True)
class KeptTokens:
    """The newest tokens; ``began_with`` tells which first refresh token the chain grew from.

    ``ends_at`` is the access token's end, seconds since 1970.
    """

    access: SecretStr
    refresh: SecretStr
    ends_at: float
    began_with: str

    @property
    def seconds_left(self) -> float:
        """By the wall clock; where that is wrong, the CRM's 401 says so."""
        return self.ends_at - time.time()


class TokenFile:
    """One chain's file; whoever reads and writes holds ``lock_path`` locked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lock_path = path.with_suffix(".lock")

    def load(self) -> KeptTokens | None:
        """What was saved last, None where nothing was or it can't be read."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return KeptTokens(
                SecretStr(kept["access"]),
                SecretStr(kept["refresh"]),
                float(kept["ends_at"]),
                str(kept["began_with"]),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def save(self, tokens: KeptTokens) -> None:
        """Replace the file; on disk before this returns."""
        part = self._path.with_name(f".{self._path.name}.{secrets.token_hex(6)}")
        kept = {
            "access": tokens.access.get_secret_value(),
            "refresh": tokens.refresh.get_secret_value(),
            "ends_at": tokens.ends_at,
            "began_with": tokens.began_with,
        }
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        flush(self._path.parent)


def mark_of(token: SecretStr) -> str:
    """Tells one first refresh token from another without giving it away."""
    return hashlib.sha256(token.get_secret_value().encode()).hexdigest()[:16]
