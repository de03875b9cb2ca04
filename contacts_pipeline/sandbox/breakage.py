"""What a caller gets when a fault befalls its request, in place of the answer."""

import asyncio
import socket
import struct
from dataclasses import dataclass, replace
from typing import Literal

from pydantic_core import to_json

from contacts_pipeline.sandbox.answers import HTML_TYPE, Answer, RefusedError, trace_id
from contacts_pipeline.sandbox.contacts import LocationStore
from contacts_pipeline.sandbox.faults import Fault, FaultKind
from contacts_pipeline.sandbox.gate import INVALID_TOKEN, TOO_MANY, Admission, Call
from contacts_pipeline.sandbox.limits import limit_headers
from contacts_pipeline.sandbox.world import World

Delivery = Literal["whole", "truncated", "close", "reset"]

EDGE_PAGE = """<!DOCTYPE html>
<html><head><title>{status} {reason}</title></head>
<body><center><h1>{status} {reason}</h1></center><hr><center>edge</center></body></html>
"""
REASONS = {
    408: "Request Timeout", 429: "Too Many Requests", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Time-out",
    524: "A timeout occurred",
}  # fmt: skip

DELIVERIES: dict[FaultKind, Delivery] = {
    FaultKind.RESET: "reset",
    FaultKind.CLOSE: "close",
    FaultKind.TRUNCATED: "truncated",
}


@dataclass(frozen=True, slots=True)
class Breakage:
    """An answer that isn't the handler's, and how much of it reaches the caller."""

    answer: Answer
    delivery: Delivery = "whole"


def refuse_at_gate(world: World, call: Call, admission: Admission, fault: Fault) -> Answer | None:
    """The answer of a fault that the gate gives, with its effect on tokens and meters."""
    now = call.arrived
    match fault.kind:
        case FaultKind.TOKEN_REVOKED:
            world.tokens.revoke(call.token or "")
            return RefusedError(401, INVALID_TOKEN).answer()
        case FaultKind.TOKEN_EXPIRED:
            world.tokens.expire(call.token or "", now)
            return RefusedError(401, INVALID_TOKEN).answer()
        case FaultKind.TOO_MANY:
            return limited(world, admission.headers)
        case FaultKind.DAILY_QUOTA if admission.grant and admission.location:
            return _without_budget(world, admission, admission.location, now)
        case FaultKind.DAILY_QUOTA:
            return limited(world, ())
    return None


def limited(world: World, headers: tuple[tuple[str, str], ...]) -> Answer:
    """The 429, whose body nobody has documented."""
    if world.rules.limited_body == "html":
        return replace(_page(429), headers=headers)
    body = {"statusCode": 429, "message": TOO_MANY, "traceId": trace_id()}
    return Answer(429, to_json(body), headers=headers)


def broken(fault: Fault, answer: Answer) -> Breakage:
    """What becomes of an answer; what it says of the write stays true."""
    status = _status_of(fault)
    if status is not None:
        instead = _page(status) if fault.kind is not FaultKind.INTERNAL_ERROR else _error()
        return Breakage(_truly(instead, answer))
    if fault.kind in DELIVERIES:
        return Breakage(answer, DELIVERIES[fault.kind])
    if fault.kind is FaultKind.MALFORMED:
        half = answer.body[: len(answer.body) // 2] or b"{"
        return Breakage(replace(answer, status=200, body=half))
    if fault.kind is FaultKind.EMPTY:
        return Breakage(replace(answer, status=200, body=b""))
    return Breakage(answer)


def hang_up(transport: asyncio.Transport, *, reset: bool) -> None:
    """End a connection: with a RST, or politely but without an answer."""
    if reset:
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()


def _status_of(fault: Fault) -> int | None:
    if fault.kind is FaultKind.HTML:
        return fault.status
    return int(fault.kind.value) if fault.kind.value.isdecimal() else None


def _without_budget(world: World, admission: Admission, store: LocationStore, now: float) -> Answer:
    if admission.grant is None:
        return limited(world, ())
    meter = world.meter(admission.grant, store.settings.id)
    meter.exhaust_day(now)
    reading = meter.read(now, admitted=False)
    headers = limit_headers(store.settings, reading, retry_after=world.options.retry_after)
    return limited(world, headers)


def _page(status: int) -> Answer:
    page = EDGE_PAGE.format(status=status, reason=REASONS.get(status, "Error"))
    return Answer(status, page.encode(), HTML_TYPE)


def _error() -> Answer:
    body = {"statusCode": 500, "message": "Internal server error", "traceId": trace_id()}
    return Answer(500, to_json(body))


def _truly(instead: Answer, answer: Answer) -> Answer:
    return replace(instead, applied=answer.applied, new=answer.new, contact_id=answer.contact_id)
