"""What is noted of a request: its cost, its verdict, and where an error came from."""

import traceback
from dataclasses import dataclass, field
from pathlib import Path

from contacts_pipeline.crm import StoredContact, Upserted


@dataclass
class Meter:
    """What the location's push cost beyond its requests, which the client counts.

    ``retries`` are the requests that repeat one of this run, ``latencies`` seconds a request.
    """

    retries: int = 0
    rate_limited: int = 0
    latencies: list[float] = field(default_factory=list)


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
