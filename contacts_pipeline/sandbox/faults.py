"""What goes wrong on purpose: which requests, how, and before or after the write.

A fault is drawn at random with a seed, or read from a script, one entry a request.
Whether the write took effect is never guessed: the log says what really happened.
"""

import random
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class FaultKind(StrEnum):
    """What the caller gets instead of its answer."""

    INTERNAL_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    EDGE_TIMEOUT = "524"
    REQUEST_TIMEOUT = "408"
    TOO_MANY = "429"
    HTML = "html"
    RESET = "reset"
    CLOSE = "close"
    SLOW = "slow"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    EMPTY = "empty"
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - a kind of fault
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    DAILY_QUOTA = "daily_quota"


When = Literal["before", "after"]

NEVER_APPLIED = frozenset({
    FaultKind.TOO_MANY, FaultKind.TOKEN_REVOKED, FaultKind.TOKEN_EXPIRED, FaultKind.DAILY_QUOTA,
})  # fmt: skip
AFTER_BY_NATURE = frozenset({FaultKind.TRUNCATED, FaultKind.MALFORMED, FaultKind.EMPTY})


class Fault(BaseModel):
    """A kind of failure, and the requests it befalls."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    when: When = "before"
    rate: float = Field(1.0, ge=0, le=1, description="Share of the eligible requests.")
    times: int | None = Field(None, ge=1, description="At most so often.")
    skip: int = Field(0, ge=0, description="The first eligible requests that are spared.")
    operations: tuple[str, ...] = Field((), description="'upsert', 'search' …; none means all.")
    locations: tuple[str, ...] = Field((), description="Location ids; none means all.")
    status: int = Field(502, ge=200, le=599, description="Of the edge's HTML.")
    seconds: float = Field(1.0, ge=0, le=600, description="How slow is slow.")

    @model_validator(mode="before")
    @classmethod
    def _natural_time(cls, data: object) -> object:
        if isinstance(data, dict) and "when" not in data and data.get("kind") in AFTER_BY_NATURE:
            return {**data, "when": "after"}
        return data

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.kind in NEVER_APPLIED and self.when == "after":
            raise ValueError(f"{self.kind.value} is an answer of the gate: nothing is applied")
        return self

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``KIND[-before|-after][=RATE]``, as the command line writes a fault."""
        name, _, rate = text.partition("=")
        kind, _, when = name.partition("-")
        values: dict[str, object] = {"kind": kind}
        if when:
            values["when"] = when
        if rate:
            values["rate"] = float(rate)
        return cls.model_validate(values)

    @property
    def label(self) -> str:
        """The fault as the log names it."""
        return self.kind.value if self.kind in NEVER_APPLIED else f"{self.kind.value}-{self.when}"

    def befalls(self, operation: str, location_id: str | None) -> bool:
        """Whether a request is eligible."""
        return (not self.operations or operation in self.operations) and (
            not self.locations or location_id in self.locations
        )


class Faults(BaseModel):
    """A set of random faults, or a script: one entry an eligible request, ``None`` for none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    faults: tuple[Fault, ...] = ()
    script: tuple[Fault | None, ...] = ()
    seed: int = 0

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: object) -> object:
        """Accept ``"503-after=0.1"`` wherever a fault is expected."""
        if not isinstance(data, dict):
            return data
        spelled = dict(data)
        for name in ("faults", "script"):
            if isinstance(given := spelled.get(name), list | tuple):
                spelled[name] = tuple(_read(item) for item in given)
        return spelled


class FaultPlan:
    """Draws the fault of each request, in order of arrival."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - to repeat, not to be secret
        self._script = list(reversed(faults.script))
        self._seen = [0] * len(faults.faults)
        self._done = [0] * len(faults.faults)

    def draw(self, operation: str, location_id: str | None) -> Fault | None:
        """The fault that befalls this request, if one does."""
        if self._script:
            scripted = self._script[-1]
            if scripted is None or scripted.befalls(operation, location_id):
                return self._script.pop()
        for number, fault in enumerate(self.faults.faults):
            if not fault.befalls(operation, location_id):
                continue
            self._seen[number] += 1
            spared = self._seen[number] <= fault.skip
            spent = fault.times is not None and self._done[number] >= fault.times
            if not spared and not spent and self._random.random() < fault.rate:
                self._done[number] += 1
                return fault
        return None


def parse_faults(texts: Iterable[str], seed: int = 0) -> Faults:
    """Read several faults as the command line writes them."""
    return Faults(faults=tuple(Fault.parse(text) for text in texts), seed=seed)


def _read(item: object) -> object:
    if isinstance(item, str):
        return None if item == "none" else Fault.parse(item)
    return item
