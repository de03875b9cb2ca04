"""What was sent is whole, and is found unchanged by the next plan."""

import json

import pytest

from contacts_pipeline.contact import Contact
from contacts_pipeline.ledger import schema
from contacts_pipeline.plan import hashes_after
from tests.plan.bench import Bench
from tests.plan.given import KEY, NEW, body, contact, hashed, location

ADA, BOB, P1 = "ada@example.com", "bob@example.com", "+12025550101"


def test_what_was_acknowledged_is_unchanged_and_sends_nothing(bench: Bench) -> None:
    people = [
        contact("1", email=ADA, phone=P1, first_name="Ada", tags=["a"], dnd_sms=True),
        contact("2", email=BOB, phone=P1, custom_fields=[("tier", "gold")]),
    ]
    here = location(custom_fields={"tier": "id-of-tier"})
    first = bench.plan(*people, at=here)
    assert [row["action"] for row in first.values()] == ["create", "create"]
    bench.acknowledge_plan(bench.rows())
    again = bench.plan(*people, at=here)
    assert {(row["action"], row["body"], row["add_tags"]) for row in again.values()} == {
        ("unchanged", None, None)
    }
    assert bench.header().requests == 0


def test_unchanged_is_found_field_by_field_where_the_row_hash_differs(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA, firstName="Ada", row_hash="of other columns")
    assert bench.plan(contact("1", email=ADA, first_name="Ada"))["1"]["action"] == "unchanged"
    row = bench.plan(contact("1", email=ADA, first_name="Ida"))["1"]
    assert (row["action"], row["changed_fields"]) == ("update", ["firstName"])
    assert body(row) == {"firstName": "Ida", "email": ADA}


def test_field_that_became_empty_stays_in_the_crm_and_is_told_each_time(bench: Bench) -> None:
    bench.plan(contact("1", email=ADA, city="Rome", first_name="Ada"))
    bench.acknowledge_plan(bench.rows())
    for name in ("Ida", "Ida"):
        row = bench.plan(contact("1", email=ADA, first_name=name))["1"]
        assert row["would_clear"] == ["city"]
        bench.acknowledge_plan(bench.rows())
    assert row["action"] == "unchanged"


def test_edit_in_the_crm_is_no_change_of_the_warehouse(bench: Bench) -> None:
    ada = contact("1", email=ADA)
    bench.plan(ada)
    bench.acknowledge_plan(bench.rows())
    edited = bench.listed(location(), {"contact_id": "new-1", "email": BOB}, at=NEW)
    for policy in ("hold", "create", "update_by_id"):
        assert bench.plan(ada, at=edited, changed_email=policy)["1"]["action"] == "unchanged"


FULL = contact(
    "1",
    first_name='Ada "the first" \\ ',
    last_name="Love\u2028lace\x01\x7f😀",
    email=ADA,
    phone=P1,
    address1="1 Main\nStreet",
    city="Zürich",
    state="ZH",
    postal_code="8001",
    country="CH",
    website="https://example.com/?a=b&c='d'",
    timezone="Europe/Zurich",
    dnd=True,
    dnd_sms=True,
    dnd_call=False,
    inbound_dnd=True,
    tags=["vip", 'quo"ted', "\x1f"],
    custom_fields=[("tier", "{gold}")],
    source="warehouse",
    date_of_birth="1815-12-10",
    company_name="Analytical; Engines",
    assigned_to="u1",
    gender="female",
)
HERE = location(custom_fields={"tier": 'id"of"tier'})


def test_every_field_of_a_contact_is_in_a_valid_body(bench: Bench) -> None:
    row = bench.plan(FULL, at=HERE, tags="overwrite", dnd="follow", clear=("name",))["1"]
    sent = Contact.model_validate_json(row["body"])
    assert sent.last_name == FULL["last_name"]
    assert sent.custom_fields is not None
    assert sent.custom_fields[0].id == 'id"of"tier'
    assert sent.dnd_settings is not None
    assert {name: one.status for name, one in sent.dnd_settings.items()} == {
        "Call": "inactive",
        "SMS": "active",
    }
    missing = {name for name, value in sent.model_dump().items() if value is None}
    assert missing == {"name"}
    assert hashes_after(row, KEY)["city"] == hashed(
        "city", json.dumps("Zürich", ensure_ascii=False)
    )


@pytest.mark.parametrize("tags", ["add", "overwrite"])
@pytest.mark.parametrize("remembers_rows", [True, False])
def test_what_was_sent_is_found_unchanged_by_row_and_by_field(
    bench: Bench, tags: str, *, remembers_rows: bool
) -> None:
    policy = {"tags": tags, "dnd": "follow", "clear": ("name",)}
    bench.plan(FULL, at=HERE, **policy)
    bench.acknowledge_plan(bench.rows())
    if not remembers_rows:
        with bench.ledger.engine.begin() as connection:
            connection.execute(schema.contacts.update().values(row_hash=None))
    row = bench.plan(FULL, at=HERE, **policy)["1"]
    assert (row["action"], row["would_clear"]) == ("unchanged", [])
