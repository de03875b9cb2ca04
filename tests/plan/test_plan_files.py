"""A plan as a whole: its order, its header, its files, and what stops a location."""

import hmac
import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_pipeline.engine import engine
from contacts_pipeline.keyed_hash import define_keyed_hash, keyed_hash
from contacts_pipeline.plan import (
    PlanError,
    PlanHeader,
    PlannedLocation,
    forget_plans,
    plan_path,
    read_header,
    read_rows,
)
from contacts_pipeline.plan.files import SPARE_PLANS, PlanCounts
from contacts_pipeline.plan.inputs import crm_contacts_schema, read_listed
from contacts_pipeline.spent import Spent
from tests.plan.bench import CRM, Bench
from tests.plan.given import NEW, OLD, contact, crowd, location

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@pytest.mark.parametrize("identities_at_once", [1, 25, 50])
def test_locations_planned_a_few_at_a_time_are_planned_the_same(
    bench: Bench, identities_at_once: int
) -> None:
    names = ("acme", "bolt", "core")
    places, people = [location(name) for name in names], crowd(60, *names)
    bench.acknowledge("a", "003", location_id="acme", email="p3@example.com")
    whole = bench.plan_all(places, people)
    rows = [bench.rows(name) for name in names]
    bench.forget()
    bench.acknowledge("a", "003", location_id="acme", email="p3@example.com")
    parts = bench.plan_all(places, people, identities_at_once=identities_at_once)
    assert [bench.rows(name) for name in names] == rows
    assert {name: one.counts for name, one in parts.items()} == {
        name: one.counts for name, one in whole.items()
    }


def test_order_of_the_input_does_not_matter(bench: Bench) -> None:
    bench.acknowledge("a", "001", "007", email="p1@example.com", phone="+12025550107")
    bench.acknowledge("b", "003", phone="+12025550103")
    bench.leave_unsettled("011", email="p11@example.com")
    people = crowd(120, "acme")
    plans, versions = [], set()
    for seed in range(3):
        bench.plan_all([location()], random.Random(seed).sample(people, len(people)))
        plans.append(bench.rows())
        versions.add(bench.header().data_version)
    assert plans[0] == plans[1] == plans[2]
    assert len(versions) == 1


def test_rows_stand_in_the_order_of_sending(bench: Bench) -> None:
    bench.acknowledge("a", "1", email="a@b.org")
    bench.acknowledge("b", "2", "3", email="b@b.org")
    bench.acknowledge("c", "3", email="c@b.org")
    bench.acknowledge("d", "4", email="d@b.org")
    rows = bench.plan(
        contact("1", email="a@b.org", city="Rome"),
        contact("2", "3", email="b@b.org"),
        contact("4", email="d@b.org"),
        contact("5", email="e@b.org"),
        contact("6", email="f@b.org", updated_at=OLD),
        contact("7", email="g@b.org", updated_at=NEW),
    )
    assert [(row["identity"], row["action"]) for row in rows.values()] == [
        ("7", "create"),
        ("6", "create"),
        ("5", "create"),
        ("1", "update"),
        ("2", "hold"),
        ("4", "unchanged"),
    ]


def test_each_location_has_a_file_of_its_own(bench: Bench) -> None:
    places = [location(f"place {number}") for number in range(7)]
    people = crowd(50, *(place.location_id for place in places[:-1]), "elsewhere")
    headers = bench.plan_all(places, people)
    for place in places:
        rows = bench.rows(place.location_id)
        assert {row["location_id"] for row in rows} <= {place.location_id}
        header = bench.header(place.location_id)
        assert header == headers[place.location_id]
        assert header.counts.conserved
        assert header.counts.extracted == len(rows)
        assert header.requests == sum(row["body"] is not None for row in rows)
    assert headers["place 6"].data_version == "empty"


def test_locations_know_nothing_of_each_other(bench: Bench) -> None:
    bench.acknowledge("a", "1", email="a@b.org", location_id="north")
    people = [contact("1", email="a@b.org", location_id=name) for name in ("north", "south")]
    bench.plan_all([location("north"), location("south")], people)
    assert [bench.rows(name)[0]["action"] for name in ("north", "south")] == ["unchanged", "create"]


def test_rejected_and_merged_rows_are_counted(bench: Bench) -> None:
    people = [contact("1", "2", email="a@b.org"), contact("3", hold="ambiguous_match")]
    rejected = [{"location_id": "acme", "source_key": "9", "rejection": "no_match_field"}]
    counts = bench.plan_all([location()], people, rejected=rejected)["acme"].counts
    assert counts == PlanCounts(extracted=4, rejected=1, merged=1, held=1, create=1)
    assert counts.conserved
    assert counts.all_held() == PlanCounts(extracted=4, rejected=1, merged=1, held=2)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_reject_share": 0.2}, "too_many_rejected"),
        ({"max_reject_share": 0.25}, None),
        ({"max_create_share": 0.6}, "too_many_creates"),
        ({"max_create_share": 0.7}, None),
    ],
)
def test_location_is_held_beyond_its_shares(
    bench: Bench, limits: dict[str, Any], reason: str | None
) -> None:
    bench.acknowledge("a", "1", email="a@b.org")
    people = [contact(key, email=f"{letter}@b.org") for key, letter in ("1a", "2b", "3c")]
    rejected = [{"location_id": "acme", "source_key": "9", "rejection": "no_match_field"}]
    header = bench.plan_all([location(**limits)], people, rejected=rejected)["acme"]
    assert header.reason == reason
    assert (header.told is None) == (reason is None)
    if header.told:
        assert header.told.startswith("location acme: ")
        assert "--force" in header.told


def test_source_that_shrank_is_held_until_it_is_pushed_all_the_same(bench: Bench) -> None:
    def planned(rows: int, pushed: str | None = None) -> PlanHeader:
        people = [contact(str(number), email=f"{number}@b.org") for number in range(rows)]
        return bench.plan_all([location(max_shrink_share=0.3, pushed_plan_id=pushed)], people)[
            "acme"
        ]

    assert [planned(rows).reason for rows in (10, 7)] == [None, None]
    first, second = planned(4), planned(4)
    assert [first.reason, second.reason] == ["source_shrank"] * 2
    assert "4 rows, and 7 before: 43% less" in str(second.told)
    assert "--force" in str(second.told)
    assert planned(4, pushed=second.plan_id).reason is None
    assert planned(4).reason is None


def test_nothing_at_all_is_no_reason_to_stop(bench: Bench) -> None:
    header = bench.plan_all([location(max_reject_share=0, max_create_share=0)], [])["acme"]
    assert (header.reason, header.counts) == (None, PlanCounts())


def test_time_is_estimated_from_the_limits(bench: Bench) -> None:
    people = [contact(f"{number:02}", email=f"{number}@b.org", tags=["a"]) for number in range(25)]
    place = location(burst_limit=25, interval_ms=10_000, spent=Spent(3, 1, 1))
    header = bench.plan_all([place], people)["acme"]
    assert (header.requests, header.seconds_estimated, header.spent) == (26, 10.4, Spent(3, 1, 1))


def test_plan_names_the_ledger_that_it_was_made_from(bench: Bench) -> None:
    assert bench.ledger.begin_plan("acme", "another", 0)
    assert bench.plan_all([location()], [])["acme"].ledger_version == 1


def test_missing_plan_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="location acme: it has no plan; materialise upsert_plan"):
        read_header(tmp_path / "none.parquet", "acme")


def test_plan_is_never_written_over(bench: Bench) -> None:
    first = bench.plan_all([location()], [contact("1", email="a@b.org")])["acme"]
    second = bench.plan_all([location()], [])["acme"]
    assert bench.header() == second
    path = plan_path(bench.folder, CRM, "acme", first.plan_id)
    assert read_header(path, "acme") == first
    assert len(list(read_rows(path))) == 1


def test_old_plans_are_forgotten_unless_among_the_last_or_needed(bench: Bench) -> None:
    ada = contact("1", email="a@b.org")
    plans = [bench.plan_all([location()], [ada])["acme"].plan_id for _ in range(SPARE_PLANS + 3)]

    def left() -> list[bool]:
        return [plan_path(bench.folder, CRM, "acme", one).exists() for one in plans]

    forget_plans(bench.folder, CRM, "acme", {plans[0]}, older_than_seconds=3600)
    assert left() == [True] * len(plans)
    forget_plans(bench.folder, CRM, "acme", {plans[0]}, older_than_seconds=-1)
    assert left() == [True, False, False] + [True] * SPARE_PLANS


def test_list_says_when_it_was_read(bench: Bench) -> None:
    here = bench.listed(location(), {"contact_id": "a"}, at=NEW)
    assert here.crm_contacts is not None
    listed = read_listed(here.crm_contacts)
    assert listed is not None
    assert listed.at.replace(tzinfo=None) == NEW
    assert crm_contacts_schema(listed).names[:2] == ["location_id", "contact_id"]


def test_list_that_does_not_say_when_it_was_read_is_of_unknown_age(bench: Bench) -> None:
    here: PlannedLocation = bench.listed(location(), {"contact_id": "a", "email": "x@b.org"})
    assert here.crm_contacts is not None
    table = pq.read_table(here.crm_contacts).replace_schema_metadata(None)
    pq.write_table(table, here.crm_contacts)
    bench.acknowledge("a", "1", email="a@b.org")
    bench.acknowledge("b", "2", email="b@b.org")
    rows = bench.plan(
        contact("1", email="a@b.org", city="Rome"),
        contact("2", email="b@b.org", city="Rome"),
        at=here,
    )
    assert {row["hold"] for row in rows.values()} == {None}


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20), key=st.binary(max_size=64))
def test_hash_in_sql_is_the_hash_in_python(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], key: bytes
) -> None:
    with engine(tmp_path_factory.getbasetemp() / "scratch") as con:
        define_keyed_hash(con, key)
        for kind, value in rows:
            found = con.execute("select keyed_hash(?, ?)", [kind, value]).fetchall()
            message = f"{kind}\0{value}".encode()
            standard = hmac.new(key, message, "sha256").hexdigest()[:32]
            assert found == [(keyed_hash(key, kind, value),)] == [(standard,)]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(people=st.lists(st.fixed_dictionaries({"city": WORDS, "company_name": WORDS}), min_size=9))
def test_any_text_survives_the_body(bench: Bench, people: list[dict[str, Any]]) -> None:
    contacts = [
        contact(f"{number:02}", email=f"{number}@b.org", **one) for number, one in enumerate(people)
    ]
    for row in bench.plan(*contacts).values():
        sent, one = json.loads(row["body"]), people[int(row["identity"])]
        assert (sent["city"], sent["companyName"]) == (one["city"], one["company_name"])
