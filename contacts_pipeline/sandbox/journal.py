"""The request log: one entry a request, in the order in which they were decided.

An entry is appended after the write and before the first byte of the answer, so that
whoever has an answer finds its entry. Tokens are hashed; bodies are not kept.
"""

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its fate; ``applied`` tells whether the CRM changed."""

    seq: int
    time: float
    method: str
    path: str
    operation: str | None
    location_id: str | None
    contact_id: str | None
    status: int | None
    new: bool | None
    fault: str | None
    applied: bool
    token: str | None
    email: str | None = None
    phone: str | None = None
    fields: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The entry on the wire, with the label that people read."""
        return {**asdict(self), "label": "applied" if self.applied else "not applied"}


class Journal:
    """The entries, the newest ``limit`` of them, and counts of all there ever were."""

    def __init__(self, limit: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self.last = 0
        self.counts: Counter[str] = Counter()

    @property
    def upcoming(self) -> int:
        """The number that the next entry will bear."""
        return self.last + 1

    def append(self, entry: Entry) -> None:
        """Add an entry, and count it."""
        self._entries.append(entry)
        self.last = entry.seq
        self.counts["requests"] += 1
        if entry.operation:
            self.counts[entry.operation] += 1
        if entry.applied:
            self.counts["applied"] += 1
        if entry.status is not None:
            self.counts[f"status_{entry.status}"] += 1
        if entry.fault:
            self.counts["faults"] += 1

    def since(self, seq: int) -> Iterator[Entry]:
        """Entries after ``seq``, oldest first; costs what it yields."""
        fresh = min(self.last - seq, len(self._entries)) if seq < self.last else 0
        return reversed(list(islice(reversed(self._entries), fresh)))

    def newest(self, limit: int) -> list[Entry]:
        """The last entries, the newest first."""
        return list(islice(reversed(self._entries), limit))

    def __reversed__(self) -> Iterator[Entry]:
        return reversed(self._entries)

    def clear(self) -> None:
        """Forget every entry; numbers go on, so that a reader's ``since`` stays true."""
        self._entries.clear()
        self.counts.clear()


def as_lines(entries: Iterator[Entry]) -> Iterator[str]:
    """JSON lines."""
    for entry in entries:
        yield json.dumps(entry.as_json(), ensure_ascii=False) + "\n"
