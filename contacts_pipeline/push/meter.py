"""What is noted of a request: its cost, its verdict, and where an error came from."""

import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from contacts_pipeline.crm import StoredContact, Upserted

Effect = Literal["upsert", "tags", "lookup"]


@dataclass
class Meter:
    """What the location's push cost beyond its requests, which the client counts.

    ``retries`` are the requests that repeat one of this run, ``latencies`` seconds a request,
    ``sent`` the requests by what they are for, ``changed`` the contacts that the CRM acknowledged
    and of which more than tags was sent.
    """

    retries: int = 0
    rate_limited: int = 0
    latencies: list[float] = field(default_factory=list)
    sent: Counter[Effect] = field(default_factory=Counter)
    changed: int = 0

    def facts(self) -> dict[str, Any]:
        """Its share of the location's report."""
        return {
            "retries": self.retries,
            "rate_limited": self.rate_limited,
            "upsert_requests": self.sent["upsert"],
            "tag_requests": self.sent["tags"],
            "lookup_requests": self.sent["lookup"],
            "upserts_per_changed_contact": (
                round(self.sent["upsert"] / self.changed, 3) if self.changed else None
            ),
        }


def where(error: BaseException) -> str:
    """File and line of an error's origin: what may be logged, since its message holds values."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def read_answer(answer: object) -> tuple[str, str | None, str | None]:
    """Verdict, contact id and trace id of an answer, as the ledger keeps them."""
    match answer:
        case Upserted():
            return "created" if answer.new else "updated", answer.contact.id, answer.trace_id
        case StoredContact():
            return "found", answer.id, None
        case None:
            return "absent", None, None
    return "tagged", None, None
