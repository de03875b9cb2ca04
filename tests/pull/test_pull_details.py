"""Whether a location allows duplicates: read with its contacts, and planned with."""

from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.push.project import Project, people, person

ADA = "p0@acme.example.com"


@pytest.mark.parametrize(
    ("allowed", "hold", "action"), [(True, "several_contacts", "hold"), (False, None, "update")]
)
def test_email_of_several_contacts_is_held_where_duplicates_are_allowed(
    tmp_path: Path, *, allowed: bool, hold: str | None, action: str
) -> None:
    place = SandboxLocation(
        id="acme", match="phone,email", allow_duplicates=allowed, burst_limit=1000, interval_ms=1000
    )
    with running_sandbox(SandboxOptions(locations=(place,))) as crm:
        crm.seed_contacts("acme", [{"email": ADA} for _ in range(2 if allowed else 1)])
        location = {"id": "acme", "match": "phone,email", "burst_limit": 1000, "interval_ms": 1000}
        acme = Project(tmp_path, crm.url, locations=[location], policy={"crm_snapshot": "always"})
        acme.write([person(0, phone=""), *people(3)[1:]])
        acme.plan()
        rows = {row["identity"]: row for row in acme.planned_rows()}
        assert (rows["acme-0"]["hold"], rows["acme-0"]["action"]) == (hold, action)
        assert acme.header().allows_duplicates == allowed
        before = crm.count()
        acme.plan()
        paths = [entry["path"] for entry in crm.log()][before:]
        assert "/locations/acme" not in paths  # once a day is enough


def test_token_without_the_scope_leaves_them_assumed_not_allowed(tmp_path: Path) -> None:
    place = SandboxLocation(id="acme", burst_limit=1000, interval_ms=1000)
    scopes = {DEFAULT_TOKEN: ("contacts.readonly", "contacts.write")}
    with running_sandbox(SandboxOptions(locations=(place,), token_scopes=scopes)) as crm:
        acme = Project(tmp_path, crm.url, policy={"crm_snapshot": "first_run"}).write(people(2))
        assert acme.push()["acme"].created == 2
        assert not acme.header().allows_duplicates
