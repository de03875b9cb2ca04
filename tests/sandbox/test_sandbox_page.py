"""The page as HTML: what it shows, that it escapes it, and who may use its forms."""

import re
from urllib.parse import urlencode

import pytest

from contacts_pipeline.sandbox import Reply, RunningSandbox, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox

NASTY = "<script>alert('x')</script>\"&"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def page(crm: RunningSandbox, path: str = "/", **headers: str) -> Reply:
    return crm.call("GET", path, headers=headers)


def test_overview_shows_locations_gauges_faults_and_requests(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", name="Acme Ltd", burst_limit=9), "beta")
    crm.upsert(email="ada@example.com")
    text = page(crm).text
    for shown in ("Acme Ltd", "beta", "1 of 9", "ada@example.com", "applied, new", "None in force"):
        assert shown in text


def test_contact_shows_which_request_wrote_which_field(crm: RunningSandbox) -> None:
    contact_id = crm.upsert(email="ada@example.com", firstName="Ada").json["contact"]["id"]
    crm.upsert(email="ada@example.com", city="London", tags=["vip"])
    text = page(crm, f"/_sandbox/page/contact?id={contact_id}").text
    rows = re.findall(
        r'<tr><td class="number">(\d+)</td>.*?<th scope="row">(\w+)</th><td.*?>(.*?)</td>', text
    )
    assert rows == [
        ("2", "city", "London"),
        ("2", "tags", "vip"),
        ("1", "firstName", "Ada"),
        ("1", "email", "ada@example.com"),
    ]


def test_log_is_filtered(crm: RunningSandbox) -> None:
    crm.upsert(email="ada@example.com")
    crm.upsert(firstName="nobody")
    crm.set_faults("503-after")
    crm.upsert(email="bob@example.com")

    def numbers(**chosen: str) -> list[str]:
        text = page(crm, f"/_sandbox/page/log?{urlencode(chosen)}").text
        return re.findall(r'<tr>\s*<td class="number">(\d+)</td>', text)

    assert numbers() == ["3", "2", "1"]
    assert numbers(outcome="refused") == ["2"]
    assert numbers(outcome="fault") == ["3"]
    assert numbers(outcome="applied", text="ada") == ["1"]
    assert numbers(operation="search") == []
    assert numbers(location="acme") == ["3", "2", "1"]


def test_location_lists_finds_and_pages(crm: RunningSandbox) -> None:
    crm.seed_contacts("acme", [{"email": f"p{number:03d}@x.org"} for number in range(120)])
    first = page(crm, "/_sandbox/page/location?id=acme").text
    assert "120 contacts" in first
    assert "p119@x.org" in first
    assert "Page 1 of 3" in first
    assert "p019@x.org" in page(crm, "/_sandbox/page/location?id=acme&page=3").text
    assert "1 contact," in page(crm, "/_sandbox/page/location?id=acme&text=P007").text
    assert page(crm, "/_sandbox/page/location?id=acme&page=99999999999").status == 200


def test_everything_shown_is_escaped(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id=NASTY, name=NASTY))
    reply = crm.upsert(
        NASTY, email="ada@example.com", firstName=NASTY, tags=[NASTY], city=NASTY, source=NASTY
    )
    contact_id = reply.json["contact"]["id"]
    paths = [
        "/",
        f"/_sandbox/page/location?{urlencode({'id': NASTY, 'text': NASTY})}",
        f"/_sandbox/page/location?{urlencode({'id': NASTY})}",
        f"/_sandbox/page/contact?id={contact_id}",
        f"/_sandbox/page/contact?{urlencode({'id': NASTY})}",
        f"/_sandbox/page/log?{urlencode({'text': NASTY, 'operation': NASTY})}",
    ]
    for path in paths:
        text = page(crm, path).text
        assert "<script>alert" not in text
        assert "alert(" in text or "text=" in path


def test_nothing_comes_from_outside(crm: RunningSandbox) -> None:
    reply = page(crm)
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', reply.text)
    assert "style=" not in reply.text
    for path in re.findall(r'(?:src|href)="(/_sandbox/page/static/[^"]+)"', reply.text):
        assert crm.call("GET", path).status == 200


def test_forms_switch_faults_and_reset(crm: RunningSandbox) -> None:
    form = urlencode({"fault": ["503-after", "reset-before"], "rate": "12.5"}, doseq=True)
    assert crm.call("POST", "/_sandbox/page/faults", form, headers=FORM).status == 303
    text = page(crm).text
    assert "<code>503-after</code> for 12.5% of the requests" in text
    assert crm.call("POST", "/_sandbox/page/faults", "", headers=FORM).status == 303
    assert "None in force" in page(crm).text
    for wrong in ("fault=999", "fault=503&rate=200", "fault=503&rate=x"):
        assert crm.call("POST", "/_sandbox/page/faults", wrong, headers=FORM).status == 400
    crm.upsert(email="ada@example.com")
    assert crm.call("POST", "/_sandbox/page/reset", "", headers=FORM).status == 303
    assert crm.contacts() == []


@pytest.mark.parametrize("path", ["/", "/_sandbox/state", "/_sandbox/log"])
def test_a_foreign_host_reads_nothing(crm: RunningSandbox, path: str) -> None:
    assert crm.call("GET", path, headers={"Host": "evil.example"}).status == 403
    assert crm.call("GET", path, headers={"Host": "localhost:1"}).status == 200


def test_a_foreign_origin_changes_nothing(crm: RunningSandbox) -> None:
    crm.upsert(email="ada@example.com")
    evil = crm.call("POST", "/_sandbox/reset", "", headers={"Origin": "https://evil.example"})
    assert evil.status == 403
    assert len(crm.contacts()) == 1
    own = crm.call("POST", "/_sandbox/reset", "", headers={"Origin": crm.url})
    assert own.status == 200


def test_missing_things_are_told(crm: RunningSandbox) -> None:
    for path in (
        "/_sandbox/page/location?id=x", "/_sandbox/page/contact", "/_sandbox/page/static/x",
        "/_sandbox/page/static/../views.py", "/_sandbox/nothing",
    ):  # fmt: skip
        assert page(crm, path).status == 404
