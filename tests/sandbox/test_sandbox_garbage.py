"""Garbage in: no 500 of the sandbox's own, no end of its process, and JSON out."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOAuthClient,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.sandbox.bodies import SearchBody, UpsertBody
from contacts_pipeline.sandbox.catalogue import OPERATIONS

NO_LIMIT = 10**9
FUZZER = Path(__file__).with_name("fuzz_sandbox.py")
ALIAS = [field.alias or name for name, field in UpsertBody.model_fields.items()]
SEARCH_ALIAS = [field.alias or name for name, field in SearchBody.model_fields.items()]

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20) | st.sampled_from(["", "a@x.org", "+12025550101", "gold", "acme"])
)  # fmt: skip
JSONS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*ALIAS, *SEARCH_ALIAS, "tags", "id"]), inner, max_size=4)
    ),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from([*ALIAS, *SEARCH_ALIAS, "tags", "contacts"]), JSONS)
PATHS = sorted({(operation.method, operation.path) for operation in OPERATIONS})

HOSTILE_BODIES = [
    b"", b"null", b"[]", b'"text"', b"0", b"{", b"\xff\xfe", b"\x00", b"{}" * 9,
    b'{"email": "\\ud800"}', b'{"email": "a\\u0000@x.org"}', b'{"email": NaN}',
    b'{"pageLimit": 1e999}', b'{"pageLimit": ' + b"9" * 5_000 + b"}",
    b'{"customFields": [{"id": "visits", "field_value": ' + b"9" * 4_000 + b"}]}",
    b'{"customFields": [{"id": "visits", "field_value": 1e999}]}',
    b'{"customFields": [{"id": "tier", "field_value": {"a": [1]}}]}',
    b'{"customFields": [{"id": "likes", "field_value": [[], {}]}]}',
    b"[" * 100_000, b'{"a":' * 50_000, b'{"email":"' + b"a" * 2_000_000 + b'"}',
    b'{"dateOfBirth": "\xd9\xa1\xd9\xa9\xd9\xa9\xd9\xa0-01-01"}',
    b'{"timezone": "../../etc/passwd"}', b'{"phone": "' + b"+1" * 5_000 + b'"}',
    b'{"searchAfter": [1e308, "x"]}', b'{"filters": [{"group": "OR", "filters": [{}]}]}',
]  # fmt: skip


@pytest.fixture(scope="module")
def crm() -> Iterator[RunningSandbox]:
    location = SandboxLocation(
        id="acme", burst_limit=NO_LIMIT, daily_limit=NO_LIMIT, users=("grace",),
        custom_fields=(
            SandboxCustomField(id="tier", key="tier", data_type="RADIO", picklist=("gold",)),
            SandboxCustomField(id="likes", key="likes", data_type="CHECKBOX", picklist=("tea",)),
            SandboxCustomField(id="visits", key="visits", data_type="NUMERICAL"),
        ),
    )  # fmt: skip
    app = SandboxOAuthClient(client_id="app", client_secret="hush", refresh_tokens=("first",))
    with running_sandbox(SandboxOptions(locations=(location,), oauth_clients=(app,))) as running:
        running.seed_contacts("acme", [{"id": "known", "email": "known@x.org"}])
        yield running


def send(crm: RunningSandbox, method: str, path: str, body: bytes | str) -> None:
    """The answer is JSON and no server error, and what the CRM holds can still be told."""
    reply = crm.call(method, path.replace("{contact_id}", "known"), body)
    assert reply.status < 500, (method, path, body, reply.text)
    assert isinstance(reply.json, dict)


@pytest.mark.parametrize("number", range(len(HOSTILE_BODIES)))
def test_hostile_bodies_are_answered(crm: RunningSandbox, number: int) -> None:
    body = HOSTILE_BODIES[number]
    located = body.replace(b"{", b'{"locationId": "acme", ', 1) if body[:2] == b'{"' else body
    for method, path in PATHS:
        if method != "DELETE" or path.endswith("/tags"):
            send(crm, method, path, located)
    assert crm.state()["locations"]["acme"]
    crm.log()


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(where=st.sampled_from([one for one in PATHS if one[0] in {"POST", "PUT"}]), body=BODIES)
def test_well_formed_nonsense_is_answered(
    crm: RunningSandbox, where: tuple[str, str], body: dict[str, Any]
) -> None:
    send(crm, *where, json.dumps({"locationId": "acme", "email": "a@x.org", **body}))


@settings(max_examples=80, deadline=None)
@given(
    headers=st.dictionaries(
        st.sampled_from(["Authorization", "Version", "Content-Type", "Origin", "X-Other"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f")),
    ),
    query=st.text(max_size=30),
)
def test_any_headers_and_query_are_answered(
    crm: RunningSandbox, headers: dict[str, str], query: str
) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in query.encode())
    path = f"/contacts/search/duplicate?locationId=acme&email={encoded}&number={encoded}"
    assert crm.call("GET", path, headers=headers).status < 500
    assert crm.call("GET", f"/contacts/{encoded or 'x'}", headers=headers).status < 500
    assert crm.call("GET", f"/_sandbox/page/log?text={encoded}").status == 200
    assert crm.call("GET", f"/_sandbox/page/location?id={encoded}&page={encoded}").status < 500


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_leave_the_server_standing(crm: RunningSandbox, data: bytes) -> None:
    host, port = crm.url.removeprefix("http://").split(":")
    for start in (b"", b"POST /contacts/upsert HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(start + data)
            connection.shutdown(socket.SHUT_WR)
    assert crm.upsert(email="alive@x.org").status == 200


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(["faults", "contacts", "reset", "page/faults"]),
    body=st.binary(max_size=60) | JSONS.map(lambda value: json.dumps(value).encode()),
)
def test_controls_refuse_nonsense(crm: RunningSandbox, path: str, body: bytes) -> None:
    assert crm.call("POST", f"/_sandbox/{path}", body).status < 500
    crm.set_faults()


@pytest.mark.slow
def test_coverage_guided_fuzzing_finds_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(FUZZER),
        "-max_total_time=60",
        "-max_len=2000",
        "-len_control=0",
        str(tmp_path),
    ]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert finished.returncode == 0, finished.stderr[-4_000:]
