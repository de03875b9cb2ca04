"""An answer of the CRM as it came over the wire, whatever it says."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """Status, headers by names in any case, and the whole body. Its ``repr`` shows no values."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def json(self) -> Any:
        """The body as JSON; a ``ValueError`` where it is none."""
        return json.loads(self.content)

    def __repr__(self) -> str:
        return f"Answer({self.status})"
