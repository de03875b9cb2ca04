"""A list of contacts that is brought up to date: what it costs, and that it equals the CRM."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq
import pytest
from pydantic import SecretStr

from contacts_pipeline.crm import CrmClient, StaticToken
from contacts_pipeline.pull import Door, LocationRead, ReadResult, ReadSettings, read_locations
from contacts_pipeline.pull.asking import Asker
from contacts_pipeline.pull.contacts import ContactsRead, read_contacts
from contacts_pipeline.pull.snapshot import ListHeader
from contacts_pipeline.push.budget import DailyBudget
from contacts_pipeline.push.pace import Pace
from contacts_pipeline.push.stop import StopSignal
from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)
from tests.push.project import ROOT, kill_after

AnswerT = TypeVar("AnswerT")
OLD = "2026-01-01T00:00:00.000Z"
WHOLE_AFTER = timedelta(days=7)
FIELD = SandboxCustomField(key="size", id="size-id", data_type="NUMERICAL")


def options(**given: Any) -> SandboxOptions:
    wide = {"burst_limit": 1000, "interval_ms": 1000, "custom_fields": (FIELD,)}
    return SandboxOptions(
        locations=(SandboxLocation.model_validate({"id": "acme"} | wide),), **given
    )


def long_ago(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Contacts that nobody has touched since."""
    return [
        {"email": f"p{number}@example.com", "dateAdded": OLD, "dateUpdated": OLD}
        for number in range(first, first + count)
    ]


def read(crm_url: str, folder: Path, whole_after: timedelta = WHOLE_AFTER) -> ReadResult:
    door = Door("acme", StaticToken(SecretStr("pit-sandbox")), 1000, 1.0)
    one = LocationRead(door, folder / "list.parquet", None, 0, whole_after)
    result = read_locations([one], ReadSettings(crm_url, 5, 3))["acme"]
    assert result.error is None
    return result


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    listed = pq.read_table(folder / "list.parquet").to_pylist()
    by_id = {row["contact_id"]: row for row in listed}
    assert len(by_id) == len(listed), "nobody stands there twice"
    return by_id


def assert_equals(crm: RunningSandbox, folder: Path) -> None:
    listed = {(name, row["email"], row["first_name"]) for name, row in rows(folder).items()}
    there = {(one["id"], one["email"], one.get("firstName")) for one in crm.contacts()}
    assert listed == there


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    with running_sandbox(options()) as sandbox:
        yield sandbox


def test_nothing_changed_costs_one_request(tmp_path: Path, crm: RunningSandbox) -> None:
    crm.seed_contacts("acme", long_ago(1800))
    assert read(crm.url, tmp_path).contacts is not None
    before = rows(tmp_path)
    again = read(crm.url, tmp_path)
    assert again.spent.requests == 1
    assert again.contacts is not None
    assert (again.contacts.contacts, again.contacts.read, again.contacts.whole) == (1800, 0, False)
    assert rows(tmp_path) == before


def test_what_was_added_and_edited_is_read_and_the_rest_taken_over(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    crm.seed_contacts("acme", long_ago(1800))
    read(crm.url, tmp_path)
    crm.upsert(email="p7@example.com", firstName="Edited")
    crm.upsert(email="new@example.com", firstName="New")
    again = read(crm.url, tmp_path)
    assert again.spent.requests == 1
    assert again.contacts is not None
    assert (again.contacts.contacts, again.contacts.read) == (1801, 2)
    assert_equals(crm, tmp_path)


def test_deleted_contact_leaves_the_list_though_no_update_tells_of_it(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    crm.seed_contacts("acme", long_ago(1200))
    read(crm.url, tmp_path)
    crm.call("DELETE", f"/contacts/{crm.contacts()[5]['id']}")
    crm.upsert(email="new@example.com")
    again = read(crm.url, tmp_path)
    assert again.contacts is not None
    assert again.contacts.whole
    assert_equals(crm, tmp_path)


def test_all_is_read_anew_when_the_last_whole_reading_is_old(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    crm.seed_contacts("acme", long_ago(1200))
    read(crm.url, tmp_path)
    read(crm.url, tmp_path)
    assert read(crm.url, tmp_path, timedelta(0)).spent.requests == 3


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (500, 1), (501, 2), (1000, 2)])
def test_never_more_than_a_request_for_500_contacts(
    tmp_path: Path, crm: RunningSandbox, count: int, requests: int
) -> None:
    crm.seed_contacts("acme", long_ago(count))
    assert read(crm.url, tmp_path).spent.requests == requests
    assert len(rows(tmp_path)) == count
    assert read(crm.url, tmp_path).spent.requests <= requests


def test_list_of_other_columns_is_not_continued(tmp_path: Path, crm: RunningSandbox) -> None:
    crm.seed_contacts("acme", long_ago(600))
    read(crm.url, tmp_path)
    table = pq.read_table(tmp_path / "list.parquet").drop_columns(["additional_emails"])
    pq.write_table(table, tmp_path / "list.parquet")
    again = read(crm.url, tmp_path)
    assert again.contacts is not None
    assert again.contacts.whole
    assert_equals(crm, tmp_path)


class Interrupted(Asker):
    """Something happens to the CRM between the first page and the second."""

    happens: Callable[[], object]

    async def ask(self, call: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        answer = await super().ask(call)
        if self.client.requests == 1:
            await asyncio.to_thread(self.happens)
        return answer


def read_interrupted(
    crm: RunningSandbox, folder: Path, happens: Callable[[CrmClient], object]
) -> ContactsRead:
    async def reading() -> ContactsRead:
        token = StaticToken(SecretStr("pit-sandbox"))
        async with CrmClient(crm.url, "acme", token) as client:
            stop = StopSignal()
            budget = DailyBudget(stop, 1000, 0, counted=False)
            asker = Interrupted(client, Pace(stop, 1000, 1.0), budget, 3)
            asker.happens = lambda: happens(client)
            return await read_contacts(asker, folder / "list.parquet", WHOLE_AFTER, 0)

    return asyncio.run(reading())


def just_updated(count: int) -> list[dict[str, Any]]:
    """Contacts of long ago, updated within the last minute or so, the first one last."""
    now = datetime.now(UTC)
    return [
        one | {"dateUpdated": (now - timedelta(milliseconds=100 * number)).isoformat()}
        for number, one in enumerate(long_ago(count))
    ]


def test_contact_edited_while_all_updates_are_read_is_not_lost(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    """It jumps ahead of the cursor: who reads the updates to their end has not seen everybody."""
    crm.seed_contacts("acme", just_updated(600))
    read(crm.url, tmp_path)
    again = read_interrupted(
        crm, tmp_path, lambda _: crm.upsert(email="p599@example.com", firstName="Edited")
    )
    assert (again.contacts, again.whole) == (600, True)
    assert_equals(crm, tmp_path)


def test_next_reading_begins_before_the_first_page_of_this_one(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    crm.seed_contacts("acme", [*just_updated(600), *long_ago(100, first=1000)])
    read(crm.url, tmp_path)
    first_page_at = []

    def wait(client: CrmClient) -> None:
        first_page_at.append(client.server_time)
        time.sleep(1.1)  # the CRM tells its time to the second

    assert not read_interrupted(crm, tmp_path, wait).whole
    header = ListHeader.of(tmp_path / "list.parquet")
    assert header is not None
    assert [header.crm_time] == first_page_at


@pytest.mark.slow
def test_search_that_lags_is_caught_up_with(tmp_path: Path) -> None:
    """A write that a reading began too early to see is seen by the next one."""
    with running_sandbox(options(rules=SandboxRules(search_lag_ms=4_000))) as crm:
        crm.seed_contacts("acme", long_ago(700))
        while not (tmp_path / "list.parquet").exists() or len(rows(tmp_path)) < 700:
            read(crm.url, tmp_path)
        crm.upsert(email="p3@example.com", firstName="Late")
        read(crm.url, tmp_path)
        assert "Late" not in {row["first_name"] for row in rows(tmp_path).values()}
        time.sleep(4.1)
        again = read(crm.url, tmp_path)
        assert again.spent.requests == 1
        assert_equals(crm, tmp_path)


def test_everything_that_a_contact_holds_is_in_the_list(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    crm.seed_contacts("acme", [{"email": "a@example.com", "additionalEmails": ["b@example.com"]}])
    crm.upsert(
        email="a@example.com",
        tags=["Vip", "a"],
        dndSettings={"SMS": {"status": "active"}},
        inboundDndSettings={"all": {"status": "inactive"}},
        customFields=[{"id": "size-id", "field_value": 42}],
    )
    read(crm.url, tmp_path)
    (row,) = rows(tmp_path).values()
    assert row["additional_emails"] == ["b@example.com"]
    assert row["tags"] == ["a", "vip"]
    assert (row["dnd_sms"], row["dnd_call"], row["inbound_dnd"]) == ("active", None, "inactive")
    assert row["custom_fields"] == [("size-id", "42")]
    assert row["updated_at"] is not None


READER = """
import sys
from pathlib import Path
from tests.pull.test_pull_updates import read
read(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_killed_halfway_leaves_the_old_list_whole(tmp_path: Path) -> None:
    with running_sandbox(options(latency_ms=20)) as crm:
        crm.seed_contacts("acme", long_ago(600))
        read(crm.url, tmp_path)
        before = rows(tmp_path)
        crm.reset()
        crm.seed_contacts("acme", long_ago(12_500, first=1000))
        command = [sys.executable, "-c", READER, crm.url, str(tmp_path)]
        requests = random.randrange(1, 20)
        print(f"killed after {requests} of 25 requests")  # noqa: T201 - for who reads a failure
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert kill_after(process, crm, requests=requests)
            process.communicate()
        assert rows(tmp_path) == before
        again = read(crm.url, tmp_path)
        assert again.spent.requests <= 1 + 25, "beyond 10,000 too"
        assert len(rows(tmp_path)) == 12_500
