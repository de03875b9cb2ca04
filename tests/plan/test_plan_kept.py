"""A plan that still holds is kept, and nothing is written; of another input it is another plan."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contacts_pipeline.plan import CustomField, PlanHeader, PlannedLocation
from contacts_pipeline.plan.inputs import Listed, crm_contacts_schema
from contacts_pipeline.plan.kept import digest_inputs, sources_of_program
from contacts_pipeline.settings import Policy
from contacts_pipeline.spent import Spent
from tests.plan.bench import Bench
from tests.plan.given import KEY, NEW, OLD, UNIQUE_CONTACTS, Row, contact, location

ADA = contact("1", email="ada@example.com", phone="+12025550101")
BOB = contact("2", "3", email="bob@example.com")
GONE = contact("4", email="gone@example.com")
HELD = contact("5", phone="+12025550105", hold="ambiguous_match")
REJECTED = {"location_id": "acme", "source_key": "9", "rejection": "no_match_field"}


def planned(
    bench: Bench, *contacts: Row, at: PlannedLocation | None = None, rejected: Row = REJECTED
) -> PlanHeader:
    people = contacts or (ADA, BOB, HELD)
    return bench.plan_all([at or location()], people, rejected=[rejected])["acme"]


def digest(
    bench: Bench,
    *contacts: Row,
    at: PlannedLocation | None = None,
    policy: dict[str, Any] | None = None,
    rejected: Row = REJECTED,
    key: bytes = KEY,
) -> str | None:
    """Of what a plan would be made from; None where it would be made anew in any case."""
    here = at or location()
    sources = bench.write_stages(contacts or (ADA, BOB, HELD), [rejected])
    rules = Policy.model_validate(policy or {})
    return digest_inputs([here], sources, bench.ledger, rules, key).get(here.location_id)


def files(bench: Bench) -> dict[Path, int]:
    plans = (bench.folder / "upsert_plan").rglob("*")
    return {path: path.stat().st_mtime_ns for path in plans if path.is_file()}


def test_plan_that_still_holds_is_kept(bench: Bench) -> None:
    bench.plan(ADA, BOB, GONE)
    bench.acknowledge_plan(bench.rows())
    first = planned(bench)
    before = files(bench)
    again = planned(bench, HELD, BOB, ADA, at=location(spent=Spent(2)))
    assert again == first.model_copy(update={"spent": Spent(2)})
    assert (again.counts.unchanged, again.counts.held, again.gone) == (2, 1, 1)
    assert files(bench) == before

    held = planned(bench, at=location(max_reject_share=0.1))
    assert held.reason == "too_many_rejected"
    assert planned(bench, at=location(max_reject_share=0.1)).plan_id == held.plan_id
    assert planned(bench).reason is None

    for path in files(bench):
        if path.suffix == ".parquet":
            path.unlink()
    planned(bench)
    assert len(bench.rows()) == 4


def test_plan_that_sends_is_made_anew_each_time(bench: Bench) -> None:
    assert planned(bench, ADA).plan_id != planned(bench, ADA).plan_id


def test_locations_are_kept_apart(bench: Bench) -> None:
    def people(city: str) -> list[Row]:
        return [ADA | {"location_id": "north"}, ADA | {"location_id": "south", "city": city}]

    places = [location("north"), location("south")]
    bench.plan_all(places, people("Rome"))
    for place in places:
        bench.acknowledge_plan(bench.rows(place.location_id))
    first = bench.plan_all(places, people("Rome"))
    second = bench.plan_all(places, people("Oslo"))
    assert second["north"].plan_id == first["north"].plan_id
    assert second["south"].counts.update == 1


def test_order_of_rows_is_no_input(bench: Bench) -> None:
    first = digest(bench, ADA, BOB, HELD)
    assert first is not None
    assert digest(bench, HELD, ADA, BOB) == first


def another(column: str) -> Any:
    """A value of the column that no contact has."""
    kind = UNIQUE_CONTACTS.field(column).type
    if pa.types.is_boolean(kind):
        return True
    if pa.types.is_timestamp(kind):
        return NEW
    if pa.types.is_map(kind):
        return [("tier", "gold")]
    return ["7"] if pa.types.is_list(kind) else "other"


def test_every_column_of_a_contact_is_an_input(bench: Bench) -> None:
    columns = [name for name in UNIQUE_CONTACTS.names if name != "location_id"]
    digests = {digest(bench, ADA | {column: another(column)}, BOB) for column in columns}
    assert len(digests | {digest(bench, ADA, BOB), None}) == len(columns) + 2


OTHER_POLICY: dict[str, Any] = {
    "tags": "skip",
    "dnd": "follow",
    "shared": "hold",
    "changed_email": "create",
    "crm_edits": "overwrite",
    "deleted_in_crm": "recreate",
    "crm_snapshot": "always",
    "clear": ["city"],
}


def test_every_policy_is_an_input(bench: Bench) -> None:
    digests = {digest(bench, policy={name: OTHER_POLICY[name]}) for name in Policy.model_fields}
    assert len(digests | {digest(bench), None}) == len(Policy.model_fields) + 2


OTHER_FACTS: dict[str, Any] = {
    "match": "phone,email",
    "burst_limit": 25,
    "interval_ms": 1000,
    "max_reject_share": 0.0,
    "max_create_share": 0.0,
    "max_shrink_share": 0.5,
    "daily_limit": 10_000,
    "daily_reserve": 50,
    "custom_fields": {"tier": CustomField("t1")},
    "spent": Spent(3),
    "scored": False,
    "allows_duplicates": True,
    "region": "US",
    "outcomes": Path("outcomes.parquet"),
    "pushed_plan_id": "another",
}
ONLY_IN_THE_HEADER = {
    *("burst_limit", "interval_ms", "daily_limit", "daily_reserve", "spent", "scored"),
    *("max_reject_share", "max_create_share", "max_shrink_share", "pushed_plan_id", "outcomes"),
}


def test_every_fact_of_a_location_is_an_input_that_its_rows_depend_on(bench: Bench) -> None:
    names = {field.name for field in fields(PlannedLocation)}
    assert names == {*OTHER_FACTS, "location_id", "crm_contacts", "is_fresh"}
    first = digest(bench)
    same = {
        name
        for name, value in OTHER_FACTS.items()
        if digest(bench, at=replace(location(), **{name: value})) == first
    }
    assert same == ONLY_IN_THE_HEADER
    one, other = ({"tier": CustomField("t1", options=(name,))} for name in "ab")
    assert digest(bench, at=location(custom_fields=one)) != digest(
        bench, at=location(custom_fields=other)
    )


LEDGER_WRITES: dict[str, Callable[[Bench], object]] = {
    "acknowledged": lambda bench: bench.acknowledge("new-1", "1", email="ada@example.com"),
    "unsettled": lambda bench: bench.leave_unsettled("8", email="x@example.com"),
    "claimed": lambda bench: bench.ledger.begin_plan("acme", "another", 0),
}


@pytest.mark.parametrize("write", LEDGER_WRITES)
def test_ledger_is_an_input(bench: Bench, write: str) -> None:
    before = digest(bench)
    assert digest(bench) == before
    LEDGER_WRITES[write](bench)
    assert digest(bench) != before


def test_source_rows_and_the_key_are_inputs(bench: Bench) -> None:
    digests = {
        digest(bench),
        digest(bench, rejected=REJECTED | {"source_key": "4"}),
        digest(bench, rejected=REJECTED | {"rejection": None}),
        digest(bench, key=b"another"),
    }
    assert len(digests | {None}) == 5


def test_list_is_an_input_and_one_that_was_just_read_has_no_other(bench: Bench) -> None:
    def listed(*, fresh: bool) -> PlannedLocation:
        return bench.listed(location(), {"contact_id": "a"}, at=OLD, fresh=fresh)

    here = listed(fresh=False)
    first = digest(bench, at=here)
    assert first is not None
    assert digest(bench, at=here) == first
    assert digest(bench, at=listed(fresh=False)) not in {first, None}
    assert digest(bench, at=listed(fresh=True)) is None
    assert here.crm_contacts is not None
    nameless = crm_contacts_schema(Listed(OLD)).metadata
    table = pq.read_table(here.crm_contacts).replace_schema_metadata(nameless)
    pq.write_table(table, here.crm_contacts)
    assert digest(bench, at=here) is None


def test_program_is_all_that_a_value_passes_through() -> None:
    names = {path.name for path in sources_of_program()}
    assert {"upsert_plan.sql", "kept.py", "phones.py", "keyed_hash.py", "acknowledged.py"} <= names
