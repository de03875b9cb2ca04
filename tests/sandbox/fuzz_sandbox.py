"""Coverage-guided fuzzing of every endpoint; takes the flags of libFuzzer.

The app is called without a socket between, for speed; an answer of 500 or more, an
exception, or a state that can't be told ends the run with the input that did it.
"""

import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import atheris  # type: ignore[import-untyped]
from pydantic import BaseModel

with atheris.instrument_imports(include=["contacts_pipeline.sandbox"]):
    from contacts_pipeline.sandbox.app import build_app
    from contacts_pipeline.sandbox.bodies import CreateBody, SearchBody, UpdateBody, UpsertBody
    from contacts_pipeline.sandbox.catalogue import OPERATIONS
    from contacts_pipeline.sandbox.options import (
        SandboxCustomField,
        SandboxLocation,
        SandboxOptions,
    )
    from contacts_pipeline.sandbox.world import World

NO_LIMIT = 10**9
CONTACTS_KEPT = 200
TAGS = {"tags": ["x"]}
WELL_FORMED: dict[str, dict[str, Any]] = {
    "upsert": {"locationId": "acme", "email": "a@x.org"},
    "create": {"locationId": "acme", "email": "b@x.org"},
    "update": {"city": "London"},
    "search": {"locationId": "acme"},
    "add_tags": TAGS,
    "remove_tags": TAGS,
    "bulk_tags": {"locationId": "acme", "contacts": ["known"], **TAGS},
}
MODELS: dict[str, type[BaseModel]] = {
    "upsert": UpsertBody,
    "create": CreateBody,
    "update": UpdateBody,
    "search": SearchBody,
}
KEYS_OF = {
    name: [field.alias or key for key, field in MODELS[name].model_fields.items()]
    if name in MODELS
    else list(fields)
    for name, fields in WELL_FORMED.items()
}
INNER_KEYS = [
    *("id", "key", "field_value", "SMS", "Call", "all", "status", "message"),
    *("group", "filters", "field", "operator", "value", "direction"),
]
WORDS = [
    "acme",
    "known",
    "a@x.org",
    "+12025550101",
    "gold",
    "tier",
    "active",
    "permanent",
    "eq",
    "contains",
    "dateAdded",
    "",
    "AND",
    "OR",
    "desc",
]

WORLD = World(
    SandboxOptions(
        locations=(
            SandboxLocation(
                id="acme",
                burst_limit=NO_LIMIT,
                daily_limit=NO_LIMIT,
                custom_fields=(
                    SandboxCustomField(
                        id="tier", key="tier", data_type="RADIO", picklist=("gold",)
                    ),
                    SandboxCustomField(id="visits", key="visits", data_type="NUMERICAL"),
                ),
            ),
        )
    )
)
APP = build_app(WORLD)


def one_input(data: bytes) -> None:
    """One request, built from the fuzzer's bytes."""
    source = atheris.FuzzedDataProvider(data)
    operation = OPERATIONS[source.ConsumeIntInRange(0, len(OPERATIONS) - 1)]
    path = operation.path.replace("{contact_id}", "known").replace("{location_id}", "acme")
    query = source.ConsumeBytes(20) if source.ConsumeBool() else b"locationId=acme"
    if source.ConsumeBool():
        body = source.ConsumeBytes(source.remaining_bytes())
    else:
        fields = WELL_FORMED.get(operation.name, {})
        keys = KEYS_OF.get(operation.name, INNER_KEYS)
        body = json.dumps({**fields, **mapping(source, keys, 3)}).encode()
    status = request(operation.method, path, query, body)
    if status >= 500:
        raise RuntimeError(f"{operation.method} {path} answered {status}")
    json.dumps(WORLD.state())
    if "known" not in WORLD.home or len(WORLD.home) > CONTACTS_KEPT:
        WORLD.reset()
        WORLD.seed_contacts("acme", [{"id": "known", "email": "known@x.org"}])


def mapping(source: Any, keys: list[str], depth: int) -> dict[str, Any]:
    """A dict with keys that the API knows."""
    count = source.ConsumeIntInRange(0, 4)
    return {source.PickValueInList(keys): value(source, depth) for _ in range(count)}


def value(source: Any, depth: int) -> Any:
    """Any JSON."""
    kinds: list[Callable[[], Any]] = [
        lambda: None,
        source.ConsumeBool,
        lambda: source.ConsumeInt(8),
        source.ConsumeRegularFloat,
        lambda: source.PickValueInList(WORDS),
        lambda: source.ConsumeUnicodeNoSurrogates(20),
    ]
    if depth:
        kinds += [
            lambda: [value(source, depth - 1) for _ in range(source.ConsumeIntInRange(0, 3))],
            lambda: mapping(source, INNER_KEYS, depth - 1),
        ]
    return source.PickValueInList(kinds)()


def request(method: str, path: str, query: bytes, body: bytes) -> int:
    """Call the app as a server would; it waits for nothing, so it runs to its end at once."""
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query, "root_path": "", "http_version": "1.1", "scheme": "http",
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", b"127.0.0.1"), (b"authorization", b"Bearer pit-sandbox"),
            (b"version", b"2021-07-28"),
        ],
    }  # fmt: skip
    run_to_end(APP(scope, receive, send))
    return statuses[0]


def run_to_end(awaitable: Awaitable[None]) -> None:
    """Run a coroutine that never has to wait."""
    steps = awaitable.__await__()
    try:
        next(steps)
    except StopIteration:
        return
    raise RuntimeError("the app waited for something")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
