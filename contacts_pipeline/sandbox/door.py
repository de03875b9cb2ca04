"""One endpoint as an ASGI app: gate, fault, write, log, answer, in this order."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from pydantic_core import from_json
from starlette.types import Receive, Scope, Send

from contacts_pipeline.sandbox.answers import Answer, RefusedError, bad_request
from contacts_pipeline.sandbox.breakage import (
    Breakage,
    Delivery,
    broken,
    hang_up,
    limited,
    refuse_at_gate,
)
from contacts_pipeline.sandbox.faults import NEVER_APPLIED, Fault, FaultKind
from contacts_pipeline.sandbox.gate import Admission, Call, LimitedError, Operation, admit
from contacts_pipeline.sandbox.journal import Entry
from contacts_pipeline.sandbox.operations import find_for_upsert, upsert_found
from contacts_pipeline.sandbox.tokens import hashed
from contacts_pipeline.sandbox.world import World

BODY_LIMIT = 1_048_576  # bytes; the vendor documents none
RACE_SECONDS = 0.005  # between look-up and write of a raced upsert, if no latency is set
FIELDS_LOGGED = 40
TRANSPORT = "sandbox.transport"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that is no JSON."""

    message: str


class Door:
    """Answers one operation."""

    def __init__(self, world: World, operation: Operation) -> None:
        self.world = world
        self.operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        raw = await read_body(receive)
        if raw is None:
            return
        call = read_call(self.operation, scope, raw, self.world.now())
        location_id: str | None = None
        fault: Fault | None = None
        pause = self.world.options.latency_ms / 2000
        try:
            admission = admit(self.world, call)
        except RefusedError as refusal:
            breakage = Breakage(refusal.answer())
        except LimitedError as limit:
            location_id = limit.location_id
            breakage = Breakage(limited(self.world, limit.headers))
        else:
            location_id = admission.location.settings.id if admission.location else None
            fault = self.world.faults.draw(self.operation.name, location_id)
            breakage = await self._befall(call, admission, fault, pause)
            if admission.headers and not breakage.answer.headers:
                breakage = _with_headers(breakage, admission)
        self._log(call, location_id, breakage, fault)
        if fault is not None and fault.kind is FaultKind.SLOW and fault.when == "after":
            pause += fault.seconds
        if pause:
            await asyncio.sleep(pause)
        await deliver(scope, send, breakage.answer, breakage.delivery, now=self.world.now())

    async def _befall(
        self, call: Call, admission: Admission, fault: Fault | None, pause: float
    ) -> Breakage:
        """The answer of an admitted request, or what the fault makes of it."""
        if fault is not None and fault.kind in NEVER_APPLIED:
            refusal = refuse_at_gate(self.world, call, admission, fault)
            if refusal is not None:
                return Breakage(refusal)
        if fault is not None and fault.when == "before" and fault.kind is not FaultKind.SLOW:
            return broken(fault, Answer(200, b"{}"))
        if fault is not None and fault.kind is FaultKind.SLOW and fault.when == "before":
            await asyncio.sleep(fault.seconds)
        try:
            answer = await self._perform(call, admission, pause)
        except RefusedError as refusal:
            answer = refusal.answer()
        return broken(fault, answer) if fault is not None else Breakage(answer)

    async def _perform(self, call: Call, admission: Admission, pause: float) -> Answer:
        if isinstance(call.payload, Unreadable):
            raise bad_request(call.payload.message)
        raced = self.world.rules.concurrent_upserts == "twins" and call.operation.name == "upsert"
        if raced:
            found = find_for_upsert(self.world, call, admission)
            await asyncio.sleep(pause or RACE_SECONDS)
            return upsert_found(self.world, call, admission, found)
        if pause:
            await asyncio.sleep(pause)
        return self.operation.handler(self.world, call, admission)

    def _log(
        self, call: Call, location_id: str | None, breakage: Breakage, fault: Fault | None
    ) -> None:
        answer = breakage.answer
        payload = call.payload if isinstance(call.payload, Mapping) else {}
        silent = breakage.delivery in {"close", "reset"}
        self.world.journal.append(
            Entry(
                seq=self.world.journal.upcoming,
                time=call.arrived,
                method=call.method,
                path=call.path,
                operation=self.operation.name,
                location_id=location_id,
                contact_id=answer.contact_id or call.params.get("contact_id"),
                status=None if silent else answer.status,
                new=answer.new,
                fault=fault.label if fault else None,
                applied=answer.applied,
                token=hashed(call.token) if call.token else None,
                email=_text(payload.get("email") or call.query.get("email")),
                phone=_text(payload.get("phone") or call.query.get("number")),
                fields=tuple(map(str, payload))[:FIELDS_LOGGED],
            )
        )


async def read_body(receive: Receive) -> bytes | None:
    """The whole body; empty past the limit's first excess, None if the caller went away."""
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= BODY_LIMIT:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
    return body


def read_call(operation: Operation, scope: Scope, raw: bytes, arrived: float) -> Call:
    """A request off the wire; a body that can't be read is told of only after the gate."""
    token = version = None
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, credential = value.decode("latin-1").partition(" ")
            token = credential.strip() if scheme.lower() == "bearer" else None
        elif name == b"version":
            version = value.decode("latin-1")
    query = scope["query_string"]
    return Call(
        operation=operation,
        method=scope["method"],
        path=scope["path"],
        token=token or None,
        version=version,
        params=scope.get("path_params", {}),
        query=dict(parse_qsl(query.decode("latin-1"))) if query else {},
        payload=_payload(operation, raw),
        arrived=arrived,
    )


async def deliver(
    scope: Scope,
    send: Send,
    answer: Answer,
    delivery: Delivery,
    *,
    now: float,
) -> None:
    """Send an answer, or as much of it as the fault lets through; dated, as HTTP wants it."""
    transport = scope.get(TRANSPORT)
    if delivery in {"close", "reset"} and transport is not None:
        hang_up(transport, reset=delivery == "reset")
        return
    headers = [
        (b"date", _http_date(int(now))),
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if delivery == "truncated" and transport is not None:
        half = answer.body[: len(answer.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        hang_up(transport, reset=False)
        return
    await send({"type": "http.response.body", "body": answer.body})


def _payload(operation: Operation, raw: bytes) -> Any:
    if operation.body == "none":
        return {}
    if len(raw) > BODY_LIMIT:
        return Unreadable("request entity too large")
    if operation.body == "form":
        return dict(parse_qsl(raw.decode("latin-1")))
    if not raw:
        return {}
    try:
        return from_json(raw, allow_inf_nan=False)
    except ValueError as error:
        return Unreadable(f"Unexpected token in JSON: {error}")


def _with_headers(breakage: Breakage, admission: Admission) -> Breakage:
    answer = breakage.answer
    if answer.content_type.startswith("text/html"):
        return breakage
    return Breakage(
        Answer(
            answer.status, answer.body, answer.content_type, admission.headers,
            answer.applied, answer.new, answer.contact_id,
        ),
        breakage.delivery,
    )  # fmt: skip


@lru_cache(maxsize=4)
def _http_date(seconds: int) -> bytes:
    return formatdate(seconds, usegmt=True).encode()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
