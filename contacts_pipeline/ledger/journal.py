"""Writes of a running push, made durable in groups: whoever awaits one is woken by its commit.

What comes while a commit runs is the next group, so nothing waits where there is little to write.
Intents are committed before their request is sent, answers before the next step sees them.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

from sqlalchemy import bindparam, false, func, select, true, update
from sqlalchemy.exc import SQLAlchemyError

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.bulk import Row, insert_rows, replace_rows, update_rows
from contacts_pipeline.ledger.changes import count_change, stamped
from contacts_pipeline.ledger.claims import claim_number
from contacts_pipeline.ledger.database import (
    LedgerError,
    first_line,
    remedy,
    shown,
    unusable,
)
from contacts_pipeline.ledger.store import Ledger

_LOG = logging.getLogger(__name__)
REQUEST_KEY = ("crm", "location_id", "run_id", "number")


class Entry(NamedTuple):
    """Rows to be written together.

    ``answers`` update requests by ``REQUEST_KEY``; ``settled`` closes the open requests of an
    identity that the same plan has made, ``settled_before`` those of earlier plans. With
    ``asks`` the session is asked whether it is still there, though there may be nothing to write.
    """

    intents: Sequence[Row] = ()
    answers: Sequence[Row] = ()
    settled: Sequence[Row] = ()
    settled_before: Sequence[Row] = ()
    contacts: Sequence[Row] = ()
    outcomes: Sequence[Row] = ()
    limits: Sequence[Row] = ()
    asks: bool = False


@dataclass(slots=True)
class _Waiting:
    entry: Entry
    durable: asyncio.Future[None] | None = None


class Journal:
    """The one writer of a process, an async context manager; after a failure it writes no more.

    It has one session with the database for all its life, which also holds the claims.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.failure: LedgerError | None = None
        self._ledger = ledger
        self._waiting: list[_Waiting] = []
        self._some = asyncio.Event()
        self._closing = False
        self._session_free = asyncio.Lock()

    async def claim(self, location_id: str) -> bool:
        """Become the only session of PostgreSQL that pushes the location."""
        try:
            return await self._lock(func.pg_try_advisory_lock, location_id)
        except SQLAlchemyError as error:
            raise unusable(self._ledger.engine, error) from None

    async def release(self, location_id: str) -> None:
        """Let another session push the location; one that is lost has released it already."""
        if self.failure is None:
            with suppress(SQLAlchemyError):
                await self._lock(func.pg_advisory_unlock, location_id)

    async def _lock(self, function: Callable[[int], Any], location_id: str) -> bool:
        number = claim_number(self._ledger.crm, location_id)

        def ask() -> bool:
            with self._session.begin():
                return bool(self._session.execute(select(function(number))).scalar_one())

        async with self._session_free:
            return await asyncio.to_thread(ask)

    async def write(self, entry: Entry) -> None:
        """Return when ``entry`` is durable; raises ``LedgerError`` if it can't be written."""
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(entry, durable))
        self._some.set()
        await durable

    def post(self, entry: Entry) -> None:
        """Have ``entry`` written with, or before, whatever is written next."""
        self._waiting.append(_Waiting(entry))
        self._some.set()

    async def __aenter__(self) -> Self:
        self._session = await asyncio.to_thread(self._ledger.session)
        self._writer = asyncio.create_task(self._write_groups(), name="ledger journal")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        self._some.set()
        await self._writer
        await asyncio.to_thread(self._session.close)

    async def _write_groups(self) -> None:
        while not (self._closing and not self._waiting):
            await self._some.wait()
            self._some.clear()
            group, self._waiting = self._waiting, []
            if not group:
                continue
            if self.failure is None:
                entries = [waiting.entry for waiting in group]
                async with self._session_free:
                    self.failure = await asyncio.to_thread(self._commit, entries)
                if self.failure is not None:
                    _LOG.error("%s", self.failure)  # Dagster's storage may have failed with it
            for waiting in group:
                if waiting.durable is None or waiting.durable.done():
                    continue
                if self.failure is None:
                    waiting.durable.set_result(None)
                else:
                    waiting.durable.set_exception(self.failure)

    def _commit(self, entries: Sequence[Entry]) -> LedgerError | None:
        def all_of(kind: str) -> list[Row]:
            return [row for entry in entries for row in getattr(entry, kind)]

        connection = self._session
        try:
            with connection.begin():
                changes = count_change(self._ledger, connection, _changed(entries))
                insert_rows(connection, schema.requests, stamped(all_of("intents"), changes))
                update_rows(connection, schema.requests, REQUEST_KEY, all_of("answers"))
                if settled := all_of("settled"):
                    connection.execute(_SETTLE, settled)
                if settled_before := all_of("settled_before"):
                    connection.execute(_SETTLE_BEFORE, settled_before)
                replace_rows(connection, schema.contacts, stamped(all_of("contacts"), changes))
                replace_rows(connection, schema.outcomes, all_of("outcomes"))
                if limits := all_of("limits"):
                    connection.execute(_LIMITS, limits)
                if any(entry.asks for entry in entries):
                    connection.execute(select(1))
        except Exception as error:  # noqa: BLE001 - whoever awaits a commit must be woken
            engine = self._ledger.engine
            return LedgerError(
                f"ledger {shown(engine)}: can't be written: {first_line(error)}; nothing more is "
                "sent, and what was in flight is settled by the next push; "
                f"{remedy(engine, error)}"
            )
        return None


def _changed(entries: Sequence[Entry]) -> set[str]:
    """The locations of which the entries change what a plan reads."""
    new = {
        row["location_id"] for one in entries for row in (*one.intents, *one.answers, *one.contacts)
    }
    return new | {
        row["at_location_id"] for one in entries for row in (*one.settled, *one.settled_before)
    }


_SETTLE_ANY = (
    update(schema.requests)
    .where(
        schema.requests.c.crm == bindparam("at_crm"),
        schema.requests.c.location_id == bindparam("at_location_id"),
        schema.requests.c.identity == bindparam("at_identity"),
        schema.requests.c.settled == false(),
    )
    .values(settled=true())
)
_SETTLE = _SETTLE_ANY.where(schema.requests.c.plan_id == bindparam("at_plan_id"))
_SETTLE_BEFORE = _SETTLE_ANY.where(
    schema.requests.c.plan_id.is_distinct_from(bindparam("at_plan_id"))
)
_LIMITS = (
    update(schema.locations)
    .where(
        schema.locations.c.crm == bindparam("at_crm"),
        schema.locations.c.location_id == bindparam("at_location_id"),
    )
    .values(
        daily_remaining=bindparam("daily_remaining"), limits_seen_at=bindparam("limits_seen_at")
    )
)
