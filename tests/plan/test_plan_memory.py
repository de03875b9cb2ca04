"""The hashes that a plan remembers never change what it says: with and without, the same rows."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts_pipeline.ledger import schema
from contacts_pipeline.plan import CustomField
from contacts_pipeline.plan.memory import REMEMBERED_HASHES, memory_path
from tests.lengths import PHASES, ROUNDS
from tests.plan.bench import CRM, Bench
from tests.plan.given import NEW, OLD, Row, contact, location

EMAILS = ("a@example.com", "b@example.com", "c@example.com")
PHONES = ("+12025550101", "+12025550102", None)
CATALOGUES: tuple[dict[str, Any], ...] = (
    {"tier": "t1"},
    {"tier": "t2"},
    {"tier": CustomField("t1", "NUMERICAL")},
    {},
)
a_contact = st.fixed_dictionaries(
    {
        "email": st.sampled_from((*EMAILS, None)),
        "phone": st.sampled_from(PHONES),
        "city": st.sampled_from(["Rome", "Oslo", None]),
        "first_name": st.sampled_from(["Ada", None]),
        "tags": st.sampled_from([[], ["t"], ["t", "u"]]),
        "dnd": st.sampled_from([True, False, None]),
        "custom_fields": st.sampled_from([[], [("tier", "1")], [("tier", "gold")]]),
    }
)
some_contacts = st.dictionaries(st.sampled_from("123"), a_contact, min_size=1)
some_rules = st.fixed_dictionaries(
    {
        "match": st.sampled_from(["email,phone", "phone,email", "email", "phone"]),
        "catalogue": st.sampled_from(CATALOGUES),
        "listed_city": st.sampled_from(["Rome", "Bonn", "no list"]),
        "policy": st.fixed_dictionaries(
            {
                "tags": st.sampled_from(["add", "overwrite", "skip"]),
                "dnd": st.sampled_from(["set_only", "follow"]),
                "crm_edits": st.sampled_from(["overwrite", "keep", "hold"]),
                "changed_email": st.sampled_from(["hold", "create", "update_by_id"]),
                "clear": st.sampled_from([(), ("city",)]),
            }
        ),
    }
)
histories = st.tuples(some_contacts, some_rules, st.none() | some_contacts, st.none() | some_rules)
LONG = settings(
    max_examples=15 * ROUNDS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=PHASES,
)


@pytest.fixture(scope="module")
def bench_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench.at(tmp_path_factory.mktemp("memory"))
    yield bench
    bench.ledger.close()


def plan(bench: Bench, contacts: dict[str, Any], rules: dict[str, Any]) -> list[Row]:
    here = location(match=rules["match"], custom_fields=rules["catalogue"])
    if rules["listed_city"] != "no list":
        listed = {"contact_id": "new-1", "email": EMAILS[0], "city": rules["listed_city"]}
        here = bench.listed(here, listed, at=NEW, fresh=False)
    people = [
        contact(key, **fields)
        for key, fields in contacts.items()
        if fields["email"] or fields["phone"]
    ]
    bench.plan_all([here], people, rules["policy"])
    return [row | {"row_hash": None} for row in bench.rows()]


def without_memory(bench: Bench, *plan_of: Any) -> list[Row]:
    """The plan made field by field: nothing kept or remembered, no hash of a row in the ledger."""
    forget_hashes(bench)
    shutil.rmtree(bench.folder / "upsert_plan", ignore_errors=True)
    with bench.ledger.engine.begin() as connection:
        connection.execute(schema.contacts.update().values(row_hash=None))
    return plan(bench, *plan_of)


def forget_hashes(bench: Bench) -> None:
    shutil.rmtree(memory_path(bench.folder, CRM, "acme").parent, ignore_errors=True)


def check(bench: Bench, history: Any) -> None:
    contacts, rules, other_contacts, other_rules = history
    bench.forget()
    forget_hashes(bench)
    for number in range(3):  # until nothing that can be sent is left
        plan(bench, contacts, rules)
        bench.acknowledge_plan(bench.rows(), OLD.replace(hour=number))
    then = (other_contacts or contacts, other_rules or rules)
    assert plan(bench, *then) == without_memory(bench, *then)


ADA: dict[str, Any] = {
    "email": None,
    "phone": PHONES[0],
    "city": "Rome",
    "first_name": "Ada",
    "tags": [],
    "dnd": None,
    "custom_fields": [],
}
RULES: dict[str, Any] = {
    "match": "email,phone",
    "catalogue": {},
    "listed_city": "Rome",
    "policy": {},
}


# The list no longer shows what each was found by, and there is nothing new to send.
@pytest.mark.slow
@pytest.mark.timeout(3600)
@LONG
@example(history=({"1": ADA}, RULES, None, None))
@example(history=({"1": ADA | {"email": EMAILS[1]}}, RULES, None, None))
@example(
    history=(
        {"1": ADA | {"email": EMAILS[1]}},
        RULES | {"policy": {"changed_email": "create"}},
        None,
        None,
    )
)
@given(history=histories)
def test_plan_is_the_same_with_and_without_remembered_hashes(
    bench_of_all: Bench, history: Any
) -> None:
    check(bench_of_all, history)


def memory(bench: Bench) -> Path:
    return memory_path(bench.folder, CRM, "acme")


def test_memory_is_written_where_many_hashes_are_new_and_only_there(bench: Bench) -> None:
    def written(*people: Row) -> int:
        bench.plan(*people)
        return memory(bench).stat().st_mtime_ns

    many = [contact(f"{number:02}", email=f"p{number}@example.com") for number in range(30)]
    first = written(*many)
    moved = [many[0] | {"city": "Rome"}, *many[1:]]
    assert written(*moved) == first
    second = written(many[0] | {"city": "Rome"}, many[1] | {"city": "Oslo"}, *many[2:])
    assert second > first
    assert written(*many[:28]) > second


def test_damaged_memory_is_made_anew(bench: Bench) -> None:
    ada = contact("1", email=EMAILS[0])
    bench.plan(ada)
    bench.acknowledge_plan(bench.rows())
    memory(bench).write_bytes(b"no Parquet")
    assert bench.plan(ada)["1"]["action"] == "unchanged"


def test_hashes_that_are_remembered_are_taken(bench: Bench) -> None:
    ada = contact("1", email=EMAILS[0])
    bench.plan(ada)
    kept = pq.read_table(memory(bench)).to_pylist()
    told = pa.Table.from_pylist([kept[0] | {"email_hash": "remembered"}], REMEMBERED_HASHES)
    pq.write_table(told, memory(bench))
    assert bench.plan(ada)["1"]["email_hash"] == "remembered"
    assert bench.plan(ada | {"city": "Rome"})["1"]["email_hash"] == kept[0]["email_hash"]
