"""Tags that are added after the upsert, to many contacts at once where they get the same ones.

The CRM takes a list of contacts with one list of tags, and answers for each of them. So a
contact waits here, without a slot, until enough others have come or none will.
"""

import asyncio
import itertools
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from contacts_pipeline.crm import CrmError, Refused, UnclearFate
from contacts_pipeline.push.delivery import backoff, deliver
from contacts_pipeline.push.meter import Effect
from contacts_pipeline.push.slots import Slots
from contacts_pipeline.push.wire import Wire

MOST_AT_ONCE = 100  # contacts a request: the vendor names no limit, and the plan counts on this
MOST_WAITING = 2_000  # contacts: with more the largest group does not wait for others

_AnswerT = TypeVar("_AnswerT")


@dataclass(frozen=True)
class Waiting:
    """A contact that waits for its tags; ``sent`` counts the requests of its row."""

    row: Mapping[str, Any]
    contact_id: str
    sent: Counter[Effect]
    added: asyncio.Future[None]


class Tagging:
    """The tags of one location's push; ``start`` runs what it is given beside everything else."""

    def __init__(
        self, wire: Wire, slots: Slots, start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> None:
        self._wire = wire
        self._slots = slots
        self._start = start
        self._groups: dict[tuple[str, ...], list[Waiting]] = {}
        self._waiting = 0

    async def add(self, row: Mapping[str, Any], contact_id: str, sent: Counter[Effect]) -> None:
        """Return when the CRM has added the row's tags; raises as ``deliver`` does."""
        tags = tuple(row["add_tags"])
        added = asyncio.get_running_loop().create_future()
        group = self._groups.setdefault(tags, [])
        group.append(Waiting(row, contact_id, sent, added))
        self._waiting += 1
        if len(group) == MOST_AT_ONCE:
            self._send_off(tags)
        elif self._waiting > MOST_WAITING:
            self._send_off(max(self._groups, key=lambda tags: len(self._groups[tags])))
        await added

    def send_off_all(self) -> None:
        """Nobody else will come."""
        for tags in list(self._groups):
            self._send_off(tags)

    def _send_off(self, tags: tuple[str, ...]) -> None:
        group = self._groups.pop(tags)
        self._waiting -= len(group)
        self._start(self._send(tags, group))

    async def _send(self, tags: Sequence[str], group: Sequence[Waiting]) -> None:
        """Whatever goes wrong, each contact of the group hears of its end."""
        try:
            async with self._slots.in_flight:
                if len(group) > 1:
                    await self._send_together(tags, group)
                for one in group:
                    if not one.added.done():
                        await self._send_alone(tags, one)
        except Exception as error:  # noqa: BLE001 - each row tells it in its own outcome
            for one in group:
                if not one.added.done():
                    one.added.set_exception(error)

    async def _send_together(self, tags: Sequence[str], group: Sequence[Waiting]) -> None:
        """Contacts that the answer does not tell of are left to be asked for one by one.

        So are all of them where the request as a whole is refused.
        """
        client, sent = self._wire.client, Counter[Effect]()
        body = {
            "contacts": [one.contact_id for one in group],
            "tags": tags,
            "locationId": client.location_id,
        }
        call = _calling(client.add_tags_to_many, body)
        try:
            answer = await self._until_clear(_about_all(group), call, sent)
        except Refused:
            return
        finally:
            for one in group:
                one.sent.update(sent)
        for one in group:
            if one.contact_id in answer.succeeded:
                one.added.set_result(None)
            elif reason := answer.refused.get(one.contact_id):
                one.added.set_exception(Refused(reason))

    async def _send_alone(self, tags: Sequence[str], one: Waiting) -> None:
        async def add(body: bytes) -> object:
            return await self._wire.client.add_tags(one.contact_id, body)

        try:
            await self._until_clear(one.row, _calling(add, {"tags": tags}), one.sent)
        except CrmError as error:
            one.added.set_exception(error)
        else:
            one.added.set_result(None)

    async def _until_clear(
        self,
        row: Mapping[str, Any],
        call: Callable[[], Awaitable[_AnswerT]],
        sent: Counter[Effect],
    ) -> _AnswerT:
        """Adding the same tags twice does no harm, so an unclear fate needs no look-up."""
        for times in itertools.count(1):
            try:
                return await deliver(self._wire, row, "tags", call, sent)
            except UnclearFate:
                if times == self._wire.max_tries:
                    raise
                await self._wire.stop.sleep(backoff(times))
        raise AssertionError("unreachable")


def _calling(
    call: Callable[[bytes], Awaitable[_AnswerT]], body: Mapping[str, Any]
) -> Callable[[], Awaitable[_AnswerT]]:
    encoded = json.dumps(body).encode()
    return lambda: call(encoded)


def _about_all(group: Sequence[Waiting]) -> dict[str, Any]:
    """What the ledger's one row for the request names: every source key, and no one identity."""
    return {
        "identity": "",
        "source_keys": sorted({key for one in group for key in one.row["source_keys"]}),
        "contact_id": None,
        "email_hash": None,
        "phone_hash": None,
    }
