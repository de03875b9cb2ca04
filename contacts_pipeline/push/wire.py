"""A location's line to the CRM and to the ledger: every request leaves its intent before it goes.

Also the place where an answer about the location, not the record, stops the location.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

from contacts_pipeline.crm import (
    ClientOutdated,
    CrmClient,
    CrmError,
    LocationClosed,
    RateLimited,
    StoredContact,
    UnclearFate,
    Unreachable,
)
from contacts_pipeline.keyed_hash import keyed_hash
from contacts_pipeline.ledger import REQUEST_KEY, Entry, Holding, Journal, LedgerError, utc_now
from contacts_pipeline.plan import hashes_after
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.meter import Effect, Meter, read_answer
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.stop import Stopped, StopSignal

if TYPE_CHECKING:
    from contacts_pipeline.push.row import Outcome

MOST_UNCLEAR_IN_A_ROW = 32  # twice the rows in flight: the CRM is down, not a request unlucky

_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True)
class Errand:
    """For whom the requests are: the keys of every row that they leave in the ledger."""

    crm: str
    location_id: str
    run_id: str
    plan_id: str
    hash_key: bytes
    scored: bool


class Wire:
    """What the rows of one location share."""

    def __init__(
        self,
        errand: Errand,
        client: CrmClient,
        pace: Pace,
        stop: StopSignal,
        journal: Journal,
        *,
        budget: DailyBudget,
        stop_run: Callable[[str, str], None],
        first_number: int,
        settle_seconds: float,
        max_tries: int,
    ) -> None:
        self.client = client
        self.pace = pace
        self.stop = stop
        self.settle_seconds = settle_seconds
        self.max_tries = max_tries
        self.hash_key = errand.hash_key
        self.meter = Meter()
        self.began_at = self.now()
        self._errand = errand
        self._budget = budget
        self._journal = journal
        self._stop_run = stop_run
        self._number = first_number - 1
        self._unclear_in_a_row = 0
        self._place = {"crm": errand.crm, "location_id": errand.location_id}

    def now(self) -> float:
        """Seconds of a clock that no one sets."""
        return asyncio.get_running_loop().time()

    async def send(
        self,
        row: Mapping[str, Any],
        effect: Effect,
        call: Callable[[], Awaitable[_AnswerT]],
        sent: Counter[Effect],
    ) -> _AnswerT:
        """One request with its intent and its answer in the ledger; counted in the row's ``sent``.

        Raises:
            CrmError: as the client does, for what concerns the record.
            Stopped: the push stopped first, or the answer stopped the location.
        """
        if self.stop.is_set:
            raise Stopped
        self._number += 1
        intent = self._intent(row, effect, self._number)
        if effect != "lookup":
            await self._durable(Entry(intents=[intent]))
        try:
            async with self.pace.turn(), self._budget.request():
                started = perf_counter()
                answer = await call()
        except Stopped:
            self._answered(intent, "not_sent")
            raise
        except CrmError as error:
            if not isinstance(error, Unreachable):
                self._measure(started, effect, sent)
            self.meter.rate_limited += isinstance(error, RateLimited)
            unclear = isinstance(error, UnclearFate) and effect == "upsert"
            self._answered(intent, error.code, error=error, settled=not unclear)
            self._stop_if_about_the_location(error)
            raise
        self._measure(started, effect, sent)
        self._unclear_in_a_row = 0
        self._answered(intent, *read_answer(answer))
        self.save_limits(self.now())
        return answer

    def save_limits(self, now: float) -> None:
        """Write down what is left of the day, for the next plan; not at every answer."""
        if (left := self._budget.to_save(now)) is not None:
            at = {f"at_{name}": value for name, value in self._place.items()}
            self._post(Entry(limits=[{**at, "daily_remaining": left, "limits_seen_at": utc_now()}]))

    def held_by(self, contact: StoredContact) -> Holding:
        """The values that find the contact, as the ledger keeps them."""
        return Holding(
            contact.id,
            self._hash("email", contact.email and contact.email.strip().lower()),
            self._hash("phone", contact.phone and contact.phone.strip()),
        )

    def remember(self, row: Mapping[str, Any], contact: Holding, *, tags_to_come: bool) -> None:
        """The CRM has acknowledged the row's contact, with or without its tags."""
        hashes = hashes_after(row, self.hash_key)
        if tags_to_come:
            hashes.pop("tags", None)
        self._remember(
            row,
            contact_id=contact.id,
            email_hash=contact.email_hash,
            phone_hash=contact.phone_hash,
            hashes=json.dumps(hashes),
            row_hash=None if tags_to_come else row["row_hash"],
        )

    def remember_tags(self, row: Mapping[str, Any]) -> None:
        """The CRM has acknowledged the tags of a contact that needed nothing else."""
        same = ("contact_id", "email_hash", "phone_hash", "hashes", "row_hash")
        self._remember(row, **{name: row[name] for name in same})

    async def settle(self, row: Mapping[str, Any], contacts: Sequence[StoredContact]) -> None:
        """What earlier requests for a row that is held have left in the CRM.

        The hashes of what it holds are not known: the next plan compares every field.
        """
        for contact in contacts:
            held = self.held_by(contact)
            self._remember(
                row,
                contact_id=held.id,
                email_hash=held.email_hash,
                phone_hash=held.phone_hash,
                hashes="{}",
                row_hash=None,
            )
        earlier = [self._open_requests(one) for one in row["unsettled_identities"]]
        await self._durable(Entry(settled_before=earlier))

    async def conclude(
        self, row: Mapping[str, Any], outcome: "Outcome", sent: Counter[Effect], *, unclear: bool
    ) -> None:
        """The row's final state in this run; a known fate settles its requests left ``unclear``.

        Those of earlier plans are the ones that the plan found to be about the row's contact: its
        own name may have been another's then.
        """
        known = outcome.state != "unknown"
        self.meter.changed += outcome.state in {"created", "updated"} and row["body"] is not None
        await self._durable(
            Entry(
                settled=[self._open_requests(row["identity"])] if known and unclear else [],
                settled_before=[
                    self._open_requests(identity)
                    for identity in row["unsettled_identities"]
                    if known
                ],
                outcomes=[
                    {
                        **self._place,
                        "run_id": self._errand.run_id,
                        "identity": row["identity"],
                        "plan_id": self._errand.plan_id,
                        "source_keys": json.dumps(row["source_keys"]),
                        "outcome": outcome.state,
                        "code": outcome.code,
                        "message": outcome.message,
                        "contact_id": outcome.contact_id,
                        "predicted": row["action"] if self._errand.scored else None,
                        "predicted_contact_id": row["contact_id"],
                        "inferred": outcome.inferred,
                        "warnings": json.dumps(outcome.warnings),
                        "tries": sent["upsert"] or sent["tags"],
                        "finished_at": utc_now(),
                    }
                ],
            )
        )

    def _open_requests(self, identity: str) -> dict[str, str]:
        return {
            "at_crm": self._errand.crm,
            "at_location_id": self._errand.location_id,
            "at_plan_id": self._errand.plan_id,
            "at_identity": identity,
        }

    def _measure(self, started: float, effect: Effect, sent: Counter[Effect]) -> None:
        self.meter.latencies.append(perf_counter() - started)
        self.meter.retries += sent[effect] > 0
        self.meter.sent[effect] += 1
        sent[effect] += 1

    def _remember(self, row: Mapping[str, Any], **contact: Any) -> None:
        self._post(
            Entry(
                contacts=[
                    {
                        **self._place,
                        **contact,
                        "source_keys": json.dumps(row["source_keys"]),
                        "run_id": self._errand.run_id,
                        "known_at": utc_now(),
                    }
                ]
            )
        )

    def _stop_if_about_the_location(self, error: CrmError) -> None:
        match error:
            case ClientOutdated():
                self._stop_run(error.code, str(error))
            case LocationClosed():
                self.stop.set(error.code, str(error))
            case RateLimited() if error.daily_budget_spent:
                self.stop.set(error.code)
            case UnclearFate():
                self._unclear_in_a_row += 1
                if self._unclear_in_a_row >= MOST_UNCLEAR_IN_A_ROW:
                    self.stop.set("crm_unstable", str(error))
                return
            case _:
                return
        raise Stopped from None

    def _intent(self, row: Mapping[str, Any], effect: Effect, number: int) -> dict[str, Any]:
        return {
            **self._place,
            "run_id": self._errand.run_id,
            "plan_id": self._errand.plan_id,
            "number": number,
            "identity": row["identity"],
            "source_keys": json.dumps(row["source_keys"]),
            "effect": effect,
            "predicted_contact_id": row["contact_id"],
            "email_hash": row["email_hash"],
            "phone_hash": row["phone_hash"],
            "intended_at": utc_now(),
            "answered_at": None,
            "status": None,
            "verdict": None,
            "contact_id": None,
            "message": None,
            "trace_id": None,
            "settled": effect == "tags",  # adding tags twice does no harm
        }

    def _answered(
        self,
        intent: Mapping[str, Any],
        verdict: str,
        contact_id: str | None = None,
        trace_id: str | None = None,
        *,
        error: CrmError | None = None,
        settled: bool = True,
    ) -> None:
        answer = {
            "answered_at": utc_now(),
            "status": error and error.status,
            "verdict": verdict,
            "contact_id": contact_id,
            "message": error and str(error),
            "trace_id": trace_id,
            "settled": settled,
        }
        if intent["effect"] == "lookup":
            self._post(Entry(intents=[{**intent, **answer}]))
            return
        self._post(Entry(answers=[{key: intent[key] for key in REQUEST_KEY} | answer]))

    def _post(self, entry: Entry) -> None:
        """Write with the next commit; whatever is made durable after it finds it durable."""
        self._journal.post(entry)

    async def _durable(self, entry: Entry) -> None:
        try:
            await self._journal.write(entry)
        except LedgerError as error:
            self.stop.set(error.code, str(error))
            raise Stopped from None

    def _hash(self, kind: str, value: str | None) -> str | None:
        return keyed_hash(self.hash_key, kind, value) if value else None
