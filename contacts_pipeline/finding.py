"""A line of ``doctor``: what was looked at, how it stands, and how to mend it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """``told`` says how ``subject`` stands; ``remedy`` what the user can type or change.

    ``in_settings``: contacts.yaml is wrong, not a location or this machine.
    """

    level: Literal["ok", "warning", "error"]
    code: str
    subject: str
    told: str
    remedy: str | None = None
    in_settings: bool = False


def unusable(error: OSError) -> Finding:
    """What this machine refuses to read or write."""
    named = str(error.filename or "this machine")
    told = error.strerror or type(error).__name__
    return Finding("error", "os", named, told, "let this user read and write it")
