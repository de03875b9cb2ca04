"""Reading the CRM before a plan: every page, at its pace, and what a failure leaves."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from contacts_pipeline.crm import CustomFieldDefinition, RateLimited, StaticToken
from contacts_pipeline.pull import (
    ContactsRead,
    Door,
    LocationRead,
    ReadResult,
    ReadSettings,
    load_catalogue,
    must_be_read,
    read_locations,
)
from contacts_pipeline.pull.catalogue import save_catalogue
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.spent import Spent
from tests.push.project import wide

FIELDS = (SandboxCustomField(key="loyalty_tier"), SandboxCustomField(key="shoe_size"))


def options(**limits: Any) -> SandboxOptions:
    given = {"burst_limit": 1000, "interval_ms": 1000, "custom_fields": FIELDS, **limits}
    return SandboxOptions(locations=(SandboxLocation(id="acme", **given),))


def read(
    crm: RunningSandbox, folder: Path, *, location_id: str = "acme", token: str = DEFAULT_TOKEN
) -> ReadResult:
    one = LocationRead(
        Door(location_id, StaticToken(SecretStr(token)), 1000, 1.0),
        folder / "crm_contacts.parquet",
        folder / "catalogue.json",
        0,
    )
    settings = ReadSettings(crm.url, timeout_seconds=5, max_tries=3)
    return read_locations([one], settings)[location_id]


def test_all_pages_are_read_at_a_request_for_500_contacts(tmp_path: Path) -> None:
    with running_sandbox(options()) as crm:
        crm.seed_contacts("acme", [{"email": f"p{n}@example.com"} for n in range(1203)])
        read_whole = ContactsRead(1203, 1203, whole=True)
        assert read(crm, tmp_path) == ReadResult(Spent(4), None, 199_996, read_whole)
        assert crm.count("search") == 3
        rows = pq.read_table(tmp_path / "crm_contacts.parquet").to_pylist()
        assert {row["contact_id"] for row in rows} == {one["id"] for one in crm.contacts()}
        assert len(rows) == 1203
        assert load_catalogue(tmp_path / "catalogue.json").keys() == {"loyalty_tier", "shoe_size"}


def test_empty_location_is_read_in_one_page(tmp_path: Path) -> None:
    with running_sandbox(options()) as crm:
        assert read(crm, tmp_path).error is None
        assert pq.read_table(tmp_path / "crm_contacts.parquet").num_rows == 0


@pytest.mark.parametrize("fault", ["503-before", "reset-after", "malformed", "429"])
def test_page_that_failed_is_asked_for_again(tmp_path: Path, fault: str) -> None:
    with running_sandbox(options()) as crm:
        crm.seed_contacts("acme", [{"email": "p@example.com"}])
        crm.set_faults(Fault.parse(fault).model_copy(update={"times": 1}))
        result = read(crm, tmp_path)
        limited = 1 if fault == "429" else 0
        assert (result.spent, result.error) == (Spent(3, 1, limited), None)


def test_reading_that_fails_leaves_the_old_snapshot(tmp_path: Path) -> None:
    with running_sandbox(options()) as crm:
        crm.seed_contacts("acme", [{"email": f"p{n}@example.com"} for n in range(600)])
        read(crm, tmp_path)
        before = (tmp_path / "crm_contacts.parquet").read_bytes()
        crm.set_faults(Fault(kind=FaultKind.TOKEN_REVOKED, skip=2))
        result = read(crm, tmp_path)
        assert result.error is not None
        assert result.error.code == "token_refused"
        assert (tmp_path / "crm_contacts.parquet").read_bytes() == before
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "catalogue.json",
            "crm_contacts.parquet",
        ]


def test_location_whose_reading_breaks_leaves_the_others_theirs(tmp_path: Path) -> None:
    """An error of ours, or of this machine: told by its place, since its message holds values."""
    door = Door("acme", StaticToken(SecretStr(DEFAULT_TOKEN)), 1000, 1.0)
    lists = {name: tmp_path / name / "ada@example.com.parquet" for name in ("acme", "bolt")}
    lists["acme"].mkdir(parents=True)
    reads = [
        LocationRead(replace(door, location_id=name), path, None, 0) for name, path in lists.items()
    ]
    with running_sandbox(wide("acme", "bolt")) as crm:
        crm.seed_contacts("bolt", [{"email": "p@example.com"}])
        results = read_locations(reads, ReadSettings(crm.url, timeout_seconds=5, max_tries=3))
    broken = results["acme"].error
    assert broken is not None
    assert broken.code == "internal_error"
    assert re.fullmatch(r"an error of contacts-pipeline: \w+ at \w+\.\w+:\d+", str(broken))
    assert results["bolt"].error is None
    assert pq.read_table(lists["bolt"]).num_rows == 1


def test_used_up_day_ends_the_reading_at_once(tmp_path: Path) -> None:
    with running_sandbox(options()) as crm:
        crm.set_faults("daily_quota")
        result = read(crm, tmp_path)
        assert isinstance(result.error, RateLimited)
        assert (result.error.code, crm.count()) == ("daily_budget", 1)


def test_long_retry_after_ends_the_reading_at_once(tmp_path: Path) -> None:
    location = SandboxLocation(id="acme", burst_limit=1, interval_ms=600_000)
    with running_sandbox(SandboxOptions(locations=(location,), retry_after=True)) as crm:
        crm.upsert(email="other@example.com")
        result = read(crm, tmp_path)
        assert isinstance(result.error, RateLimited)
        assert (result.error.code, result.spent) == ("rate_limited", Spent(1, 0, 1))


def test_reading_keeps_to_the_limits(tmp_path: Path) -> None:
    with running_sandbox(options(burst_limit=4, interval_ms=500)) as crm:
        crm.seed_contacts("acme", [{"email": f"p{n}@example.com"} for n in range(2600)])
        assert read(crm, tmp_path).error is None
        assert crm.count("status_429") == 0


def test_catalogue_is_read_again_only_for_an_unknown_key_of_a_day_ago(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    assert must_be_read(path, ["tier"])
    assert not must_be_read(path, [])
    field = CustomFieldDefinition(id="1", field_key="contact.tier")
    save_catalogue(path, [field])
    assert load_catalogue(path) == {"tier": field}
    assert not must_be_read(path, ["tier"])
    assert not must_be_read(path, ["tier", "unknown"])
    day_ago = path.stat().st_mtime - 90_000
    os.utime(path, (day_ago, day_ago))
    assert must_be_read(path, ["tier", "unknown"])
    assert not must_be_read(path, ["tier"])


def test_picklist_is_read_again_after_a_day(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.json"
    field = CustomFieldDefinition(
        id="1", field_key="contact.tier", data_type="RADIO", picklist_options=["gold"]
    )
    save_catalogue(path, [field])
    assert load_catalogue(path)["tier"].picklist_options == ["gold"]
    assert not must_be_read(path, ["tier"])
    day_ago = path.stat().st_mtime - 90_000
    os.utime(path, (day_ago, day_ago))
    assert must_be_read(path, ["tier"])
