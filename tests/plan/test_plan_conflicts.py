"""What people did in the CRM, and what left the warehouse: edits, deletions, further emails."""

import json

import pytest

from tests.plan.bench import Bench
from tests.plan.given import NEW, Row, body, contact, hashed, location
from tests.plan.relations import Relation, of

ADA, BOB, OTHER = "ada@example.com", "bob@example.com", "ada@home.example.com"
P1, P2 = "+12025550101", "+12025550102"


def edited(bench: Bench, policy: str, ours: str) -> Row:
    """Rome was pushed, people made it Paris, and the warehouse now says ``ours``."""
    bench.plan(contact("1", email=ADA, city="Rome", first_name="Ada"))
    bench.acknowledge_plan(bench.rows())
    there = {"contact_id": "new-1", "email": ADA, "city": "Paris", "first_name": "Ada"}
    here = bench.listed(location(), there, at=NEW)
    row = bench.plan(
        contact("1", email=ADA, city=ours, first_name="Ada"), at=here, crm_edits=policy
    )
    return row["1"]


@pytest.mark.parametrize(
    ("policy", "ours", "action", "hold", "city"),
    [
        ("keep", "Rome", "unchanged", None, None),
        ("keep", "Oslo", "update", None, "Oslo"),
        ("overwrite", "Rome", "update", None, "Rome"),
        ("overwrite", "Oslo", "update", None, "Oslo"),
        ("overwrite", "Paris", "unchanged", None, None),
        ("hold", "Rome", "unchanged", None, None),
        ("hold", "Oslo", "hold", "crm_edited", None),
        ("hold", "Paris", "update", None, "Paris"),
    ],
)
def test_edit_in_the_crm(
    bench: Bench, policy: str, ours: str, action: str, hold: str | None, city: str | None
) -> None:
    row = edited(bench, policy, ours)
    assert (row["action"], row["hold"]) == (action, hold)
    assert (body(row) or {}).get("city") == city
    assert row["warnings"] == [{"code": "crm_edited", "field": "city", "detail": "new-1"}]


def test_edits_have_a_rule_a_field(bench: Bench) -> None:
    bench.plan(contact("1", email=ADA, city="Rome", state="A", first_name="Ada"))
    bench.acknowledge_plan(bench.rows())
    there = {"email": ADA, "city": "Paris", "state": "B", "first_name": "Ada"}
    here = bench.listed(location(), {"contact_id": "new-1", **there}, at=NEW)
    rules = {"default": "keep", "fields": {"city": "overwrite", "firstName": "hold"}}
    ours = contact("1", email=ADA, city="Rome", state="A", first_name="Ada")
    row = bench.plan(ours, at=here, crm_edits=rules)["1"]
    assert (row["action"], row["changed_fields"]) == ("update", ["city"])
    assert (body(row) or {})["city"] == "Rome"

    edited_name = {"contact_id": "new-1", **there, "first_name": "Adele"}
    here = bench.listed(location(), edited_name, at=NEW)
    assert bench.plan(ours, at=here, crm_edits=rules)["1"]["action"] == "update"
    row = bench.plan(ours | {"first_name": "Addie"}, at=here, crm_edits=rules)["1"]
    assert (row["action"], row["hold"]) == ("hold", "crm_edited")


@pytest.mark.parametrize(
    ("policy", "match", "edited", "sent"),
    [
        ("keep", "email,phone", {"email": OTHER}, {"phone": P1}),
        ("hold", "email,phone", {"email": OTHER}, {"phone": P1}),
        ("keep", "email,phone", {"phone": P2}, {"email": ADA}),
        ("overwrite", "email,phone", {"email": OTHER}, {"email": ADA, "phone": P1}),
        ("keep", "phone", {"email": OTHER}, {"phone": P1}),
        ("keep", "phone", {"city": "Bonn"}, {"phone": P1}),
    ],
)
def test_edited_email_or_phone_stays_theirs_where_the_other_finds_the_contact(
    bench: Bench, policy: str, match: str, edited: dict[str, str], sent: dict[str, str]
) -> None:
    held = {"email": ADA, "phone": P1, "city": "Rome", "state": "A"}
    bench.plan(contact("1", **held), at=location(match=match))
    bench.acknowledge_plan(bench.rows())
    here = bench.listed(location(match=match), {"contact_id": "new-1", **held, **edited}, at=NEW)
    row = bench.plan(contact("1", **held | {"state": "B"}), at=here, crm_edits=policy)["1"]
    found_by = {name: value for name, value in body(row).items() if name in {"email", "phone"}}
    assert (row["action"], found_by) == ("update", sent)


@pytest.mark.parametrize(
    ("policy", "ours", "theirs", "action", "hold"),
    [
        ("keep", "gold", {"t1": '"gold"', "theirs": '"1"'}, "unchanged", None),
        ("keep", "gold", {"t1": '"tin"'}, "unchanged", None),
        ("keep", "iron", {"t1": '"tin"'}, "update", None),
        ("overwrite", "gold", {"t1": '"tin"'}, "update", None),
        ("overwrite", "gold", {"t1": '"gold"', "theirs": '"2"'}, "unchanged", None),
        ("overwrite", "gold", {}, "unchanged", None),
        ("hold", "gold", {"t1": '"tin"'}, "unchanged", None),
        ("hold", "iron", {"t1": '"tin"'}, "hold", "crm_edited"),
        ("hold", "iron", {"t1": '"gold"', "theirs": '"2"'}, "update", None),
    ],
)
def test_edit_of_a_custom_field(
    bench: Bench, policy: str, ours: str, theirs: dict[str, str], action: str, hold: str | None
) -> None:
    """Those beside ours are theirs; one that is gone from the list may never have been stored."""
    place = location(custom_fields={"tier": "t1"})
    ada = contact("1", email=ADA, custom_fields=[("tier", "gold")])
    bench.plan(ada, at=place)
    bench.acknowledge_plan(bench.rows())
    there = {"contact_id": "new-1", "email": ADA, "custom_fields": list(theirs.items())}
    here = bench.listed(place, there, at=NEW)
    now = ada | {"custom_fields": [("tier", ours)]}
    row = bench.plan(now, at=here, crm_edits={"fields": {"customFields": policy}})["1"]
    assert (row["action"], row["hold"], row["would_clear"]) == (action, hold, [])
    sent = [{"id": "t1", "field_value": ours}] if action == "update" else None
    assert (body(row) or {}).get("customFields") == sent
    told = [{"code": "crm_edited", "field": "customFields", "detail": "new-1"}]
    assert row["warnings"] == (told if theirs.get("t1") == '"tin"' else [])


def test_custom_field_that_the_warehouse_no_longer_has_is_no_longer_looked_at(
    bench: Bench,
) -> None:
    place = location(custom_fields={"tier": "t1", "size": "t2"})
    both = contact("1", email=ADA, custom_fields=[("tier", "gold"), ("size", "9")])
    one = contact("1", email=ADA, custom_fields=[("size", "9")])
    for ours in (both, one):
        bench.plan(ours, at=place)
        bench.acknowledge_plan(bench.rows())
    custom = [("t1", '"tin"'), ("t2", '"9"')]
    there = {"contact_id": "new-1", "email": ADA, "custom_fields": custom}
    here = bench.listed(place, there, at=NEW)
    row = bench.plan(one, at=here, crm_edits="overwrite")["1"]
    assert (row["action"], row["warnings"]) == ("unchanged", [])


def test_national_phone_in_the_crm_is_the_number_that_is_dialled_there(bench: Bench) -> None:
    """It finds its contact, is no edit and no change, and leads nobody else there."""
    there = {"contact_id": "a", "first_name": "Ada", "phone": "(212) 555-0123"}
    other = {"contact_id": "b", "email": BOB, "phone": "0171 5550124"}
    here = bench.listed(location(region="US"), there, other)
    ada = contact("1", phone="+12125550123", first_name="Ada")
    rows = bench.plan(ada, contact("2", email=OTHER, phone="+12125550123"), at=here)
    assert (rows["1"]["action"], rows["1"]["contact_id"]) == ("unchanged", "a")
    assert [one["code"] for one in rows["2"]["warnings"]] == ["shared_phone"]

    bench.acknowledge("a", "1", phone="+12125550123", firstName="Ada")
    later = bench.listed(location(region="US"), there, other, at=NEW)
    row = bench.plan(ada, at=later, crm_edits="overwrite")["1"]
    assert (row["action"], row["warnings"]) == ("unchanged", [])


def test_edit_is_seen_only_where_the_list_is_newer_and_shows_a_value(out: Relation) -> None:
    hashes = json.dumps({"city": hashed("city", '"Rome"'), "state": "s"})
    rows = out(
        "edited_fields",
        "contact_id hashes",
        locations=[{"listed_at": NEW.replace(day=2)}],
        acknowledged_contacts=of(
            "contact_id known_at",
            ("edited", NEW.replace(day=1)),
            ("same", NEW.replace(day=1)),
            ("ours is newer", NEW),
        ),
        acknowledged_fields=[
            {"contact_id": name, "hashes": hashes} for name in ("edited", "same", "ours is newer")
        ],
        crm_contacts=of(
            "contact_id city first_name",
            ("edited", "Paris", "never sent"),
            ("same", "Rome", None),
            ("ours is newer", "Paris", None),
            ("theirs", "Paris", None),
        ),
    )
    assert rows == {("edited", (("city", hashed("city", '"Paris"')),))}


def test_additional_email_is_not_made_primary(bench: Bench) -> None:
    """The upsert would find the contact by it, and its primary email would be lost."""
    there = {
        "contact_id": "a",
        "email": OTHER,
        "phone": P1,
        "additional_emails": [" Ada@Example.com"],
    }
    here = bench.listed(location(), there)
    row = bench.plan(contact("1", email=ADA, phone=P1, city="Rome"), at=here)["1"]
    assert (row["action"], row["contact_id"]) == ("update", "a")
    assert body(row) == {"phone": P1, "city": "Rome"}
    assert row["warnings"] == [{"code": "additional_email", "field": "email", "detail": "a"}]


@pytest.mark.parametrize("policy", ["hold", "create"])
@pytest.mark.parametrize("phone", [None, P2])
def test_additional_email_that_alone_would_find_the_contact_holds_it(
    bench: Bench, policy: str, phone: str | None
) -> None:
    there = {"contact_id": "a", "email": OTHER, "phone": P1, "additional_emails": [ADA]}
    here = bench.listed(location(), there)
    row = bench.plan(contact("1", email=ADA, phone=phone), at=here, changed_email=policy)["1"]
    assert (row["action"], row["hold"]) == ("hold", "additional_email")


def test_additional_email_of_somebody_elses_contact_is_taken(bench: Bench) -> None:
    there = {"contact_id": "a", "email": OTHER, "additional_emails": [ADA]}
    here = bench.listed(location(), there)
    rows = bench.plan(contact("1", email=OTHER), contact("2", email=ADA, phone=P2), at=here)
    assert rows["1"]["contact_id"] == "a"
    assert rows["2"]["warnings"] == [{"code": "value_taken", "field": "email", "detail": "a"}]
    assert body(rows["2"]) == {"phone": P2}


@pytest.mark.parametrize(
    ("policy", "action", "hold"), [("hold", "hold", "deleted_in_crm"), ("recreate", "create", None)]
)
def test_contact_deleted_in_the_crm(
    bench: Bench, policy: str, action: str, hold: str | None
) -> None:
    bench.acknowledge("a", "1", email=ADA)
    row = bench.plan(
        contact("1", email=ADA, city="Rome"),
        at=bench.listed(location(), at=NEW),
        deleted_in_crm=policy,
    )["1"]
    assert (row["action"], row["hold"]) == (action, hold)
    if action == "create":
        assert body(row) == {"email": ADA, "city": "Rome"}
        bench.acknowledge_plan(bench.rows(), known_at=NEW)
        assert bench.plan(contact("1", email=ADA, city="Rome"))["1"]["action"] == "unchanged"


def test_contact_without_a_source_row_is_told_and_stays(bench: Bench) -> None:
    bench.acknowledge("a", "1", email=ADA)
    bench.acknowledge("b", "2", "3", email=BOB)
    bench.acknowledge("c", "9", email=OTHER)
    rejected = [{"location_id": "acme", "source_key": "9", "rejection": "no_match_field"}]
    header = bench.plan_all([location()], [contact("3", email=BOB)], rejected=rejected)["acme"]
    assert header.gone == 1
    assert header.counts.conserved
    gone = [row for row in bench.rows() if row["action"] == "gone"]
    assert [(row["identity"], row["contact_id"], row["body"]) for row in gone] == [("1", "a", None)]
