"""A line of ``doctor``: what was looked at, how it stands, and how to mend it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """``told`` says how ``subject`` stands; ``remedy`` what the user can type or change."""

    level: Literal["ok", "warning", "error"]
    code: str
    subject: str
    told: str
    remedy: str | None = None
