"""The state file: what survives a restart, and what a crash loses."""

import os
import signal
import time
from pathlib import Path

from contacts_pipeline.sandbox import (
    SandboxCustomField,
    SandboxLocation,
    SandboxOAuthClient,
    SandboxOptions,
    running_sandbox,
    serving_process,
)

LOCATION = SandboxLocation(
    id="acme", daily_limit=100, custom_fields=(SandboxCustomField(key="tier"),)
)


def test_contacts_survive_a_restart(tmp_path: Path) -> None:
    options = SandboxOptions(locations=(LOCATION,), state_file=tmp_path / "crm.sqlite")
    with running_sandbox(options) as crm:
        crm.seed_contacts("acme", [{"email": "a@x.org", "additionalEmails": ["b@x.org"]}])
        crm.upsert(email="ada@x.org", phone="+12025550101", tags=["vip"], dnd=True,
                   customFields=[{"key": "tier", "field_value": "gold"}])  # fmt: skip
        gone = crm.upsert(email="gone@x.org").json["contact"]["id"]
        crm.call("DELETE", f"/contacts/{gone}")
        before = crm.state()
        fields = crm.call("GET", "/locations/acme/customFields").json["customFields"]
    with running_sandbox(options) as crm:
        assert crm.state() == before
        assert crm.call("GET", "/locations/acme/customFields").json["customFields"] == fields
        assert crm.upsert(phone="+12025550101").json["new"] is False
        assert crm.upsert(email="b@x.org").json["new"] is False
        assert crm.upsert(email="gone@x.org").json["new"] is True
        assert crm.log()[0]["seq"] == 5


def test_custom_field_ids_are_the_same_everywhere() -> None:
    with running_sandbox(SandboxOptions(locations=(LOCATION,))) as crm:
        (field,) = crm.call("GET", "/locations/acme/customFields").json["customFields"]
    assert field["id"] == LOCATION.custom_fields[0].id


def test_budget_and_refresh_tokens_survive_a_restart(tmp_path: Path) -> None:
    app = SandboxOAuthClient(client_id="app", client_secret="hush", refresh_tokens=("first",))
    options = SandboxOptions(
        locations=(LOCATION,), state_file=tmp_path / "crm.sqlite", oauth_clients=(app,)
    )
    form = "client_id=app&client_secret=hush&grant_type=refresh_token&refresh_token="
    with running_sandbox(options) as crm:
        left = crm.upsert(email="a@x.org").headers["x-ratelimit-daily-remaining"]
        renewed = crm.call("POST", "/oauth/token", form + "first").json["refresh_token"]
    with running_sandbox(options) as crm:
        after = crm.upsert(email="a@x.org").headers["x-ratelimit-daily-remaining"]
        assert int(after) == int(left) - 1
        assert crm.call("POST", "/oauth/token", form + "first").status == 400
        assert crm.call("POST", "/oauth/token", form + renewed).status == 200


def test_a_killed_server_keeps_what_is_older_than_a_commit(tmp_path: Path) -> None:
    options = SandboxOptions(locations=(LOCATION,), state_file=tmp_path / "crm.sqlite")
    with serving_process(options) as crm:
        crm.upsert(email="old@x.org")
        time.sleep(0.6)
        crm.upsert(email="fresh@x.org")
        assert crm.pid is not None
        os.kill(crm.pid, signal.SIGKILL)
    with running_sandbox(options) as crm:
        emails = {one["email"] for one in crm.contacts()}
        assert "old@x.org" in emails
        assert emails <= {"old@x.org", "fresh@x.org"}
        assert crm.upsert(email="old@x.org").json["new"] is False


def test_reset_empties_the_file_too(tmp_path: Path) -> None:
    options = SandboxOptions(locations=(LOCATION,), state_file=tmp_path / "crm.sqlite")
    with running_sandbox(options) as crm:
        crm.upsert(email="a@x.org")
        time.sleep(0.3)
        crm.reset()
    with running_sandbox(options) as crm:
        assert crm.contacts() == []
