"""Token, version, scope, location and limits: what a request passes first."""

import time
from urllib.parse import urlencode

import pytest

from contacts_pipeline.sandbox import (
    Reply,
    RunningSandbox,
    SandboxCompany,
    SandboxLocation,
    SandboxOAuthClient,
)
from contacts_pipeline.sandbox.pytest import StartSandbox

FIVE_HEADERS = {
    "x-ratelimit-limit-daily",
    "x-ratelimit-daily-remaining",
    "x-ratelimit-interval-milliseconds",
    "x-ratelimit-max",
    "x-ratelimit-remaining",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def said(reply: Reply) -> tuple[int, object]:
    return reply.status, reply.json["message"]


def post_form(crm: RunningSandbox, path: str, token: str | None = None, **form: str) -> Reply:
    authorization = f"Bearer {token}" if token else None
    headers = {**FORM, "Authorization": authorization}
    return crm.call("POST", path, urlencode(form), headers=headers)


def upsert_with(crm: RunningSandbox, token: str, location: str = "acme") -> Reply:
    body = {"locationId": location, "email": "ada@example.com"}
    return crm.call("POST", "/contacts/upsert", body, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic abc", "Bearer "])
def test_unknown_token_is_401(crm: RunningSandbox, authorization: str | None) -> None:
    reply = crm.call("GET", "/contacts/x", headers={"Authorization": authorization})
    assert said(reply) == (401, "Invalid JWT")
    assert reply.json["statusCode"] == 401


def test_version_header_is_needed(crm: RunningSandbox) -> None:
    missing = crm.call("GET", "/contacts/x", headers={"Version": None})
    wrong = crm.call("GET", "/contacts/x", headers={"Version": "2020-01-01"})
    assert said(missing) == (401, "version header was not found.")
    assert said(wrong) == (401, "version header is invalid")


def test_scope_is_needed(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(
        SandboxLocation(id="acme", tokens=("pit-reads",)),
        token_scopes={"pit-reads": ("contacts.readonly",)},
    )
    assert said(crm.upsert(email="a@b.org")) == (
        401, "The token is not authorized for this scope.",
    )  # fmt: skip
    assert crm.call("POST", "/contacts/search", {"locationId": "acme"}).status == 200


def test_foreign_location_is_403(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(
        SandboxLocation(id="acme", tokens=("pit-acme",)),
        SandboxLocation(id="other", tokens=("pit-other",)),
    )
    refused = 403, "The token does not have access to this location."
    assert said(crm.upsert("other", email="a@b.org")) == refused
    assert said(crm.upsert("nowhere", email="a@b.org")) == refused
    (foreign,) = crm.seed_contacts("other", [{"email": "a@b.org"}])
    assert said(crm.call("GET", f"/contacts/{foreign}")) == refused


def test_company_token_is_exchanged(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(
        SandboxLocation(id="acme", company_id="agency"),
        companies=(SandboxCompany(id="agency", tokens=("pit-agency",)),),
    )
    wrong = upsert_with(crm, "pit-agency")
    assert wrong.status == 401
    assert wrong.json["message"].startswith("This authClass type is not allowed")
    issued = post_form(
        crm, "/oauth/locationToken", "pit-agency", companyId="agency", locationId="acme"
    )
    assert issued.status == 201
    assert set(issued.json) >= {
        "access_token", "token_type", "expires_in", "scope", "locationId", "planId", "userId",
    }  # fmt: skip
    assert upsert_with(crm, issued.json["access_token"]).status == 200
    foreign = post_form(crm, "/oauth/locationToken", "pit-agency", companyId="x", locationId="acme")
    assert foreign.status == 403
    assert post_form(crm, "/oauth/locationToken", crm.token).status == 401


@pytest.fixture
def with_oauth(crm_sandbox: StartSandbox) -> RunningSandbox:
    app = SandboxOAuthClient(
        client_id="app", client_secret="hush", refresh_tokens=("first",), location_id="acme"
    )
    return crm_sandbox("acme", oauth_clients=(app,), access_token_seconds=1)


def refresh(crm: RunningSandbox, token: str, secret: str = "hush") -> Reply:
    return post_form(
        crm,
        "/oauth/token",
        client_id="app",
        client_secret=secret,
        grant_type="refresh_token",
        refresh_token=token,
    )


def test_refresh_token_works_once(with_oauth: RunningSandbox) -> None:
    first = refresh(with_oauth, "first")
    assert first.status == 200
    assert first.json["expires_in"] == 1
    assert upsert_with(with_oauth, first.json["access_token"]).status == 200
    assert refresh(with_oauth, "first").status == 400
    assert refresh(with_oauth, first.json["refresh_token"], secret="wrong").status == 400
    assert refresh(with_oauth, first.json["refresh_token"]).status == 200


def test_access_token_expires(with_oauth: RunningSandbox) -> None:
    token = refresh(with_oauth, "first").json["access_token"]
    assert upsert_with(with_oauth, token).status == 200
    time.sleep(1.05)
    assert said(upsert_with(with_oauth, token)) == (401, "Invalid JWT")


def test_five_headers_tell_the_rest(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", burst_limit=25, daily_limit=10_000))
    crm.upsert(email="a@b.org")
    headers = crm.upsert(email="a@b.org").headers
    shown = {name: headers[name] for name in FIVE_HEADERS}
    assert shown == {
        "x-ratelimit-limit-daily": "10000",
        "x-ratelimit-daily-remaining": "9998",
        "x-ratelimit-interval-milliseconds": "10000",
        "x-ratelimit-max": "25",
        "x-ratelimit-remaining": "23",
    }
    assert not [name for name in headers if "reset" in name]


def test_burst_is_counted_per_app_and_location(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(
        SandboxLocation(id="acme", burst_limit=2, tokens=("pit-one", "pit-two")),
        SandboxLocation(id="other", burst_limit=2, tokens=("pit-one",)),
    )
    statuses = [upsert_with(crm, "pit-one").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert upsert_with(crm, "pit-two").status == 200
    assert upsert_with(crm, "pit-one", "other").status == 200
    refused = upsert_with(crm, "pit-one")
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.headers["x-ratelimit-daily-remaining"] == "199998"
    assert crm.log()[-1]["label"] == "not applied"


def test_day_is_counted(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", daily_limit=2, burst_limit=50))
    statuses = [crm.upsert(email="a@b.org").status for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert crm.upsert(email="a@b.org").headers["x-ratelimit-daily-remaining"] == "0"


@pytest.mark.parametrize(("window", "let_in"), [("fixed", 2), ("sliding", 1)])
def test_window_is_fixed_or_slides(crm_sandbox: StartSandbox, window: str, let_in: int) -> None:
    location = SandboxLocation(id="acme", burst_limit=2, interval_ms=600)
    crm = crm_sandbox(location, window=window)
    crm.upsert(email="a@b.org")
    time.sleep(0.4)
    crm.upsert(email="a@b.org")
    time.sleep(0.3)
    statuses = [crm.upsert(email="a@b.org").status for _ in range(3)]
    assert statuses.count(200) == let_in


def test_retry_after_if_so_told(crm_sandbox: StartSandbox) -> None:
    location = SandboxLocation(id="acme", burst_limit=1)
    silent, telling = crm_sandbox(location), crm_sandbox(location, retry_after=True)
    for crm in (silent, telling):
        crm.upsert(email="a@b.org")
    assert "retry-after" not in silent.upsert(email="a@b.org").headers
    assert 1 <= int(telling.upsert(email="a@b.org").headers["retry-after"]) <= 10


@pytest.mark.parametrize(("rule", "kind"), [("json", "application/json"), ("html", "text/html")])
def test_limited_body_is_json_or_html(crm_sandbox: StartSandbox, rule: str, kind: str) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", burst_limit=1), rules={"limited_body": rule})
    crm.upsert(email="a@b.org")
    reply = crm.upsert(email="a@b.org")
    assert reply.status == 429
    assert reply.headers["content-type"].startswith(kind)
    assert set(reply.headers) >= FIVE_HEADERS


@pytest.mark.parametrize(("counted", "left"), [(False, "98"), (True, "96")])
def test_refusals_count_if_so_told(crm_sandbox: StartSandbox, *, counted: bool, left: str) -> None:
    location = SandboxLocation(id="acme", burst_limit=2, daily_limit=100)
    crm = crm_sandbox(location, rules={"refusals_count": counted})
    replies = [crm.upsert(email="a@b.org") for _ in range(4)]
    assert replies[-1].headers["x-ratelimit-daily-remaining"] == left


@pytest.mark.parametrize("day", ["utc", "first_request"])
def test_day_starts_at_midnight_or_at_the_first_request(
    crm_sandbox: StartSandbox, day: str
) -> None:
    location = SandboxLocation(id="acme", daily_limit=1)
    crm = crm_sandbox(location, retry_after=True, rules={"day": day})
    crm.upsert(email="a@b.org")
    before = time.time()
    wait = int(crm.upsert(email="a@b.org").headers["retry-after"])
    expected = 86_400 if day == "first_request" else 86_400 - before % 86_400
    assert abs(wait - expected) < 5


def test_everything_else_is_404(crm: RunningSandbox) -> None:
    for method, path in [("GET", "/contacts/x/notes"), ("PATCH", "/contacts/x"), ("GET", "/x")]:
        reply = crm.call(method, path)
        assert reply.status == 404
        assert reply.json["message"] == f"Cannot {method} {path}"
        assert reply.json["error"] == "Not Found"
    assert len(crm.log()) == 3
