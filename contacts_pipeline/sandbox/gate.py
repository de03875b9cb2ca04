"""What a request passes before anything else: token, version, scope, location, limits.

The order is the sandbox's own where the vendor documents none: a request without a
token learns nothing, and one without access to a location doesn't spend its budget.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from contacts_pipeline.sandbox.answers import Answer, RefusedError, unauthorized
from contacts_pipeline.sandbox.contacts import LocationStore
from contacts_pipeline.sandbox.limits import limit_headers
from contacts_pipeline.sandbox.tokens import Grant
from contacts_pipeline.sandbox.world import World

API_VERSION = "2021-07-28"

INVALID_TOKEN = "Invalid JWT"  # noqa: S105 - a message
NO_VERSION = "version header was not found."
BAD_VERSION = "version header is invalid"
NO_SCOPE = "The token is not authorized for this scope."
WRONG_CLASS = (
    "This authClass type is not allowed to access this scope. "
    "Please verify your IAM configuration if this is not the case."
)
NO_ACCESS = "The token does not have access to this location."
TOO_MANY = "Too Many Requests"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, read off the wire."""

    operation: "Operation"
    method: str
    path: str
    token: str | None
    version: str | None
    params: Mapping[str, str]
    query: Mapping[str, str]
    payload: Any
    arrived: float


@dataclass(frozen=True, slots=True)
class Operation:
    """An endpoint: who may call it, and what answers."""

    name: str
    method: str
    path: str
    scope: str
    handler: "Handler"
    audience: Literal["location", "company", "any", "public"] = "location"
    body: Literal["none", "json", "form"] = "none"


@dataclass(frozen=True, slots=True)
class Admission:
    """A request that may go on; ``location`` is None where none could be told yet."""

    grant: Grant | None
    location: LocationStore | None
    headers: tuple[tuple[str, str], ...] = ()


Handler = Callable[[World, Call, Admission], Answer]


def admit(world: World, call: Call) -> Admission:
    """Let a request in.

    Raises:
        RefusedError: 401 for the token, version or scope, 403 for the location.
        LimitedError: 429, with the headers.
    """
    if call.operation.audience == "public":
        return Admission(None, None)
    grant = world.tokens.grant(call.token, call.arrived) if call.token else None
    if grant is None or call.token is None:
        raise unauthorized(INVALID_TOKEN)
    if call.version is None:
        raise unauthorized(NO_VERSION)
    if call.version != API_VERSION:
        raise unauthorized(BAD_VERSION)
    if call.operation.audience not in {"any", "company" if grant.is_company else "location"}:
        raise unauthorized(WRONG_CLASS)
    scopes = world.tokens.scopes(call.token)
    if scopes is not None and call.operation.scope not in scopes:
        raise unauthorized(NO_SCOPE)
    location_id = _location_of(world, call, grant)
    if location_id is None:
        return Admission(grant, None)
    return _within_limits(world, call, grant, location_id)


@dataclass(slots=True)
class LimitedError(Exception):
    """The burst or the day is used up."""

    headers: tuple[tuple[str, str], ...]
    location_id: str


def _location_of(world: World, call: Call, grant: Grant) -> str | None:
    """The location that a request is about, if the token reaches it."""
    contact_id = call.params.get("contact_id")
    payload = call.payload if isinstance(call.payload, Mapping) else {}
    named = (
        call.params.get("location_id") or payload.get("locationId") or call.query.get("locationId")
    )
    location_id = world.home.get(contact_id) if contact_id else named
    if grant.locations is None:
        known = world.stores.get(location_id) if isinstance(location_id, str) else None
        if known is not None and known.settings.company_id != grant.company_id:
            raise RefusedError(403, NO_ACCESS)
        return known.settings.id if known is not None else None
    if isinstance(location_id, str):
        if location_id not in grant.locations or location_id not in world.stores:
            raise RefusedError(403, NO_ACCESS)
        return location_id
    return grant.locations[0] if len(grant.locations) == 1 else None


def _within_limits(world: World, call: Call, grant: Grant, location_id: str) -> Admission:
    store = world.stores[location_id]
    reading = world.meter(grant, location_id).count(call.arrived)
    headers = limit_headers(store.settings, reading, retry_after=world.options.retry_after)
    if not reading.admitted:
        raise LimitedError(headers, location_id)
    return Admission(grant, store, headers)
