"""What a push leaves in the ledger of one location: intents, answers, contacts and outcomes."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic_core import to_json

from contacts_pipeline.crm import CrmError, StoredContact
from contacts_pipeline.keyed_hash import keyed_hash
from contacts_pipeline.ledger import REQUEST_KEY, Entry, Holding, Journal, LedgerError, utc_now
from contacts_pipeline.plan import hashes_after
from contacts_pipeline.push.echo import Note
from contacts_pipeline.push.meter import Effect
from contacts_pipeline.push.stop import Stopped, StopSignal

Row = Mapping[str, Any]
FinalState = Literal["created", "updated", "refused", "failed", "unknown"]
"""A row that nothing was applied for before the push stopped has none: it is deferred."""


@dataclass
class Outcome:
    """What became of one identity; ``code`` is stable, ``message`` holds no values."""

    state: FinalState
    code: str | None = None
    message: str | None = None
    contact_id: str | None = None
    inferred: bool = False
    warnings: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Errand:
    """For whom the requests are: the keys of every row that they leave in the ledger."""

    crm: str
    location_id: str
    run_id: str
    plan_id: str
    hash_key: bytes
    scored: bool


class Record:
    """The writing of one location's push, through the journal that all locations share."""

    def __init__(
        self, errand: Errand, journal: Journal, stop: StopSignal, *, first_number: int
    ) -> None:
        self.hash_key = errand.hash_key
        self._errand = errand
        self._journal = journal
        self._stop = stop
        self._number = first_number - 1
        self._place = {"crm": errand.crm, "location_id": errand.location_id}

    async def intend(self, row: Row, effect: Effect) -> Row:
        """The intent of a request for ``row``, durable unless the request changes nothing."""
        self._number += 1
        intent = self._intent(row, effect, self._number)
        if effect != "lookup":
            await self._durable(Entry(intents=[intent]))
        return intent

    async def still_ours(self) -> None:
        """Raise ``Stopped`` if the session that holds the claim on the location is lost."""
        await self._durable(Entry(asks=True))

    def answered(
        self,
        intent: Row,
        verdict: str,
        contact_id: str | None = None,
        trace_id: str | None = None,
        *,
        error: CrmError | None = None,
        settled: bool = True,
    ) -> None:
        """What came of the request: of a ``settled`` one nobody need ask what became of it."""
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

    def held_by(self, contact: StoredContact) -> Holding:
        """The values that find the contact, as the ledger keeps them."""
        return Holding(
            contact.id,
            self._hash("email", contact.email and contact.email.strip().lower()),
            self._hash("phone", contact.phone and contact.phone.strip()),
            contact.custom_values,
        )

    def remember(self, row: Row, contact: Holding, *, tags_to_come: bool) -> None:
        """The CRM has acknowledged the row's contact, with or without its tags."""
        hashes = hashes_after(row, self.hash_key, contact.custom_values)
        if tags_to_come:
            hashes.pop("tags", None)
        self._remember(
            row,
            contact_id=contact.id,
            email_hash=contact.email_hash,
            phone_hash=contact.phone_hash,
            hashes=to_json(hashes).decode(),
            row_hash=None if tags_to_come else row["row_hash"],
        )

    def remember_tags(self, row: Row) -> None:
        """The CRM has acknowledged the tags of a contact that needed nothing else."""
        same = ("contact_id", "email_hash", "phone_hash", "hashes", "row_hash")
        self._remember(row, **{name: row[name] for name in same})

    async def settle(self, row: Row, contacts: Sequence[StoredContact]) -> None:
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
        self, row: Row, outcome: Outcome, sent: Counter[Effect], *, unclear: bool
    ) -> None:
        """The row's final state in this run; a known fate settles its requests left ``unclear``.

        Those of earlier plans are the ones that the plan found to be about the row's contact: its
        own name may have been another's then.
        """
        known = outcome.state != "unknown"
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
                        "source_keys": to_json(row["source_keys"]).decode(),
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

    def keep_daily_remaining(self, requests: int) -> None:
        """What is left of the location's day, for the next plan."""
        at = {f"at_{name}": value for name, value in self._place.items()}
        self._post(Entry(limits=[{**at, "daily_remaining": requests, "limits_seen_at": utc_now()}]))

    def _intent(self, row: Row, effect: Effect, number: int) -> dict[str, Any]:
        return {
            **self._place,
            "run_id": self._errand.run_id,
            "plan_id": self._errand.plan_id,
            "number": number,
            "identity": row["identity"],
            "source_keys": to_json(row["source_keys"]).decode(),
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

    def _remember(self, row: Row, **contact: Any) -> None:
        self._post(
            Entry(
                contacts=[
                    {
                        **self._place,
                        **contact,
                        "source_keys": to_json(row["source_keys"]).decode(),
                        "run_id": self._errand.run_id,
                        "known_at": utc_now(),
                    }
                ]
            )
        )

    def _open_requests(self, identity: str) -> dict[str, str]:
        return {
            "at_crm": self._errand.crm,
            "at_location_id": self._errand.location_id,
            "at_plan_id": self._errand.plan_id,
            "at_identity": identity,
        }

    def _post(self, entry: Entry) -> None:
        """Write with the next commit; whatever is made durable after it finds it durable."""
        self._journal.post(entry)

    async def _durable(self, entry: Entry) -> None:
        try:
            await self._journal.write(entry)
        except LedgerError as error:
            self._stop.set(error.code, str(error))
            raise Stopped from None

    def _hash(self, kind: str, value: str | None) -> str | None:
        return keyed_hash(self.hash_key, kind, value) if value else None
