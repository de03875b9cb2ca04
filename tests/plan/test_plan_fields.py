"""What is decided of an identity, which fields change, and the rows that come of it."""

import json
from typing import Any

import pytest

from tests.plan.bench import NEW, OLD, hashed
from tests.plan.relations import Relation, Table, of

CUSTOM = [("tier", "id-of-tier"), ("age", "id-of-age")]


def fields_of(out: Relation, policy: dict[str, Any] | None = None, **columns: Any) -> Any:
    """The fields of one identity and their JSON text, in the order of the body."""
    found = out(
        "contact_fields",
        "fields",
        also="sendable_contacts said_fields",
        locations=[{"custom_fields": CUSTOM}],
        policy=[policy or {}],
        unique_contacts=[{"identity": "1", "source_keys": ["1"]} | columns],
        decisions=[{"identity": "1", "contact_id": "a"}],
    ).pop()
    assert all(hash_ == hashed(field, value) for field, value, hash_ in found)
    return {field: value for field, value, _ in found}


def test_empty_fields_are_not_sent(out: Relation) -> None:
    assert fields_of(out, email="a@b.org", tags=[]) == {"email": '"a@b.org"'}


@pytest.mark.parametrize(
    ("policy", "columns", "field", "value"),
    [
        ("set_only", {"dnd": True}, "dnd", "true"),
        ("set_only", {"dnd": False}, "dnd", None),
        ("follow", {"dnd": False}, "dnd", "false"),
        ("follow", {}, "dnd", None),
        (
            "set_only",
            {"dnd_sms": True, "dnd_call": True, "dnd_fb": False},
            "dndSettings",
            '{"Call":{"status":"active"},"SMS":{"status":"active"}}',
        ),
        (
            "follow",
            {"dnd_sms": False, "dnd_email": True},
            "dndSettings",
            '{"Email":{"status":"active"},"SMS":{"status":"inactive"}}',
        ),
        ("set_only", {"dnd_sms": False}, "dndSettings", None),
        (
            "follow",
            {"dnd_whatsapp": True, "dnd_gmb": True, "dnd_fb": True},
            "dndSettings",
            '{"FB":{"status":"active"},"GMB":{"status":"active"},"WhatsApp":{"status":"active"}}',
        ),
        ("set_only", {"inbound_dnd": True}, "inboundDndSettings", '{"all":{"status":"active"}}'),
        ("set_only", {"inbound_dnd": False}, "inboundDndSettings", None),
        ("follow", {"inbound_dnd": False}, "inboundDndSettings", '{"all":{"status":"inactive"}}'),
    ],
)
def test_do_not_disturb_is_only_set_unless_it_follows(
    out: Relation, policy: str, columns: dict[str, Any], field: str, value: str | None
) -> None:
    assert fields_of(out, {"dnd": policy}, **columns).get(field) == value


def test_known_custom_fields_are_sent_by_id(out: Relation) -> None:
    given = [("tier", 'go"ld'), ("unheard", "x"), ("age", "7")]
    assert fields_of(out, custom_fields=given) == {
        "customFields": '[{"id":"id-of-age","field_value":"7"},'
        '{"id":"id-of-tier","field_value":"go\\"ld"}]'
    }
    assert fields_of(out, custom_fields=[("unheard", "x")]) == {}


def test_order_of_tags_does_not_matter(out: Relation) -> None:
    assert fields_of(out, tags=["b", "a"]) == fields_of(out, tags=["a", "b"])
    assert fields_of(out, {"tags": "skip"}, tags=["a"]) == {}


@pytest.mark.parametrize(
    ("clear", "columns", "sent"),
    [
        (["website"], {}, {"website": "null"}),
        (["website"], {"website": "https://b.org"}, {"website": '"https://b.org"'}),
        (["firstName", "name"], {"last_name": "L"}, {"lastName": '"L"', "firstName": "null"}),
        (["firstName", "lastName"], {"name": "A L"}, {"name": '"A L"'}),
    ],
)
def test_null_is_sent_for_fields_to_be_cleared(
    out: Relation, clear: list[str], columns: dict[str, Any], sent: dict[str, str]
) -> None:
    assert fields_of(out, {"clear": clear}, **columns) == sent


def test_withheld_values_are_not_sent(out: Relation) -> None:
    rows = out(
        "sendable_contacts",
        "identity email phone",
        unique_contacts=of("identity email phone", ("1", "a@b.org", "+1"), ("2", "c@d.org", "+2")),
        withheld_values=of("identity field code", ("1", "phone", "c"), ("2", "email", "c")),
    )
    assert rows == {("1", "a@b.org", None), ("2", None, "+2")}


def decide(out: Relation, policy: Any = None, **tables: Table) -> set[Any]:
    """Hold, contact and request of one identity with an email and a phone."""
    return decision_on(out, "hold contact_id request", policy, tables)


def reach(out: Relation, policy: Any = None, **tables: Table) -> set[Any]:
    """What becomes of its changes: hold, whether another contact is created, contact, request."""
    columns = "hold_of_changes creates_another contact_id request"
    return decision_on(out, columns, policy, tables)


def decision_on(out: Relation, columns: str, policy: Any, tables: dict[str, Table]) -> set[Any]:
    given: dict[str, Any] = {
        "claims": of("identity source_keys email_hash phone_hash", ("1", ["1"], "e1", "p1")),
        "unique_contacts": of("identity email phone", ("1", "a@b.org", "+1")),
        "policy": [policy or {}],
    }
    return out("decisions", columns, **(given | tables))


def own(contact_id: str, conflict: str | None = None) -> Table:
    return of("identity contact_id conflict", ("1", contact_id, conflict))


def holding(contact_id: str, value: str, *, is_certain: bool = True) -> Table:
    kind = "email" if value[0] == "e" else "phone"
    return of("contact_id kind value is_certain", (contact_id, kind, value, is_certain))


PHONE_ONLY: dict[str, Table] = {
    "claims": of("identity source_keys phone_hash", ("1", ["1"], "p1")),
    "unique_contacts": of("identity phone", ("1", "+1")),
}


def test_unknown_contact_is_created_and_a_known_one_updated(out: Relation) -> None:
    assert decide(out) == {(None, None, "upsert")}
    found = {"own_contacts": own("a"), "contact_holdings": holding("a", "p1")}
    assert decide(out, **found) == {(None, "a", "upsert")}


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        ("hold", ("changed_email", False, "a", "upsert")),
        ("create", (None, True, "a", "upsert")),
        ("update_by_id", (None, False, "a", "update")),
    ],
)
def test_contact_that_the_crm_will_not_find(
    out: Relation, policy: str, decision: tuple[Any, ...]
) -> None:
    changed = {"own_contacts": own("a"), "contact_holdings": holding("a", "e9")}
    assert reach(out, {"changed_email": policy}, **changed) == {decision}


def test_changed_phone_of_a_contact_without_email_is_held_as_such(out: Relation) -> None:
    rows = reach(out, None, own_contacts=own("a"), **PHONE_ONLY)
    assert rows == {("changed_phone", False, "a", "upsert")}


@pytest.mark.parametrize(
    ("policy", "decision"),
    [
        ("hold", ("unsettled", False, "a", "upsert")),
        ("create", ("unsettled", False, "a", "upsert")),
        ("update_by_id", (None, False, "a", "update")),
    ],
)
def test_contact_that_an_unsettled_request_may_have_changed(
    out: Relation, policy: str, decision: tuple[Any, ...]
) -> None:
    maybe = {
        "own_contacts": own("a"),
        "contact_holdings": holding("a", "e1", is_certain=False),
        "unsettled": of("identity contact_id intended_at", ("1", "a", OLD)),
    }
    assert reach(out, {"changed_email": policy}, **maybe) == {decision}


@pytest.mark.parametrize(("value", "hold"), [("e1", None), ("e9", "unsettled")])
@pytest.mark.parametrize("policy", ["hold", "create", "update_by_id"])
def test_unborn_contact_is_created_only_where_it_would_be_found(
    out: Relation, policy: str, value: str, hold: str | None
) -> None:
    unborn = {"own_contacts": own("?1"), "contact_holdings": holding("?1", value)}
    rows = reach(out, {"changed_email": policy}, **unborn)
    assert rows == {(hold, False, None, "upsert")}


@pytest.mark.parametrize(
    ("policy", "tables", "hold"),
    [
        ("withhold", {"own_contacts": own("a", "two_contacts")}, "two_contacts"),
        (
            "hold",
            {"phone_owners": of("identity phone_hash", ("1", "p1"))},
            "shared_phone",
        ),
        (
            "withhold",
            {"key_contacts": of("source_key contact_id is_deleted", ("1", "a", True))},
            "deleted_in_crm",
        ),
        (
            "withhold",
            PHONE_ONLY
            | {"withheld_values": of("identity field code", ("1", "phone", "value_taken"))},
            "value_taken",
        ),
        (
            "withhold",
            {
                "claims": of("identity source_keys hold", ("1", ["1"], "ambiguous_match")),
                "own_contacts": own("a", "two_contacts"),
            },
            "ambiguous_match",
        ),
    ],
)
def test_hold_and_its_code(out: Relation, policy: str, tables: dict[str, Table], hold: str) -> None:
    assert {row[0] for row in decide(out, {"shared": policy}, **tables)} == {hold}


def test_deleted_contact_does_not_hold_who_found_another(out: Relation) -> None:
    tables = {
        "key_contacts": of("source_key contact_id is_deleted", ("1", "a", True)),
        "own_contacts": own("b"),
        "contact_holdings": holding("b", "e1"),
    }
    assert decide(out, **tables) == {(None, "b", "upsert")}


@pytest.mark.parametrize(
    ("is_fresh", "contact_id", "proven"),
    [(True, None, True), (False, None, False), (True, "a", False), (True, "?1", False)],
)
def test_only_a_fresh_list_proves_that_there_is_no_contact(
    out: Relation, *, is_fresh: bool, contact_id: str | None, proven: bool
) -> None:
    rows = out(
        "decisions",
        "proven_absent",
        also="sendable_contacts",
        locations=[{"is_fresh": is_fresh}],
        claims=of("identity source_keys email_hash", ("1", ["1"], "e1")),
        unique_contacts=of("identity email", ("1", "a@b.org")),
        own_contacts=own(contact_id) if contact_id else [],
        contact_holdings=holding(contact_id, "e1") if contact_id else [],
    )
    assert rows == {proven}


def test_earlier_request_to_the_own_contact_is_named(out: Relation) -> None:
    rows = out(
        "decisions",
        "unsettled_since unsettled_identities",
        also="sendable_contacts",
        claims=of("identity source_keys email_hash", ("1", ["1"], "e1")),
        unique_contacts=of("identity email", ("1", "a@b.org")),
        own_contacts=own("a"),
        unsettled=of(
            "identity contact_id intended_at",
            ("1", "a", OLD),
            ("0", "a", NEW),
            ("9", "z", NEW),
        ),
    )
    assert rows == {(NEW, ("0", "1"))}


def test_fields_are_known_from_the_ledger_else_from_the_list(out: Relation) -> None:
    rows = out(
        "known_fields",
        "contact_id hashes",
        also="sendable_contacts listed_fields compared_contacts",
        unique_contacts=of("identity", ("1",), ("2",)),
        contact_fields=of("identity fields", ("1", []), ("2", [])),
        decisions=of("identity contact_id", ("1", "a"), ("2", "b")),
        acknowledged_contacts=of("contact_id", ("a",), ("c",)),
        acknowledged_fields=of("contact_id hashes", ("a", '{"city":"h"}'), ("c", "{}")),
        crm_contacts=of(
            "contact_id email tags dnd date_of_birth",
            ("a", "a@b.org", None, None, None),
            ("b", "b@b.org", ["y", "x"], False, "1990-01-02T00:00:00Z"),
            ("d", "d@b.org", None, None, None),
        ),
    )
    listed = {
        "email": '"b@b.org"',
        "tags": '["x","y"]',
        "dnd": "false",
        "dateOfBirth": '"1990-01-02"',
    }
    shown = {contact_id: dict(hashes) for contact_id, hashes in rows}
    assert shown == {
        "a": {"city": "h"},
        "b": {field: hashed(field, value) for field, value in listed.items()},
    }


def entry(field: str, value: str) -> dict[str, str]:
    return {"field": field, "value": value, "hash": f"{field}={value}"}


def changes(out: Relation, decision: dict[str, Any], known: dict[str, str] | None = None) -> Any:
    """What a request with email, phone, city, companyName and tags would send."""
    names = ("email", "phone", "city", "companyName", "tags")
    return out(
        "field_changes",
        "changed_fields sent would_clear is_all hashes",
        locations=[{"matches_phone": False}],
        decisions=[{"identity": "1"} | decision],
        contact_fields=[{"identity": "1", "fields": [entry(name, "new") for name in names]}],
        known_fields=[{"contact_id": "a", "hashes": list(known.items())}] if known else [],
    ).pop()


SAME = {name: f"{name}=new" for name in ("email", "phone", "city", "companyName", "tags")}


@pytest.mark.parametrize(
    ("decision", "known", "changed", "sent", "is_all"),
    [
        pytest.param(
            {"contact_id": "a"}, SAME, [], ["email"], True, id="nothing: what it is found by"
        ),
        pytest.param(
            {"contact_id": "a"},
            SAME | {"city": "old"},
            ["city"],
            ["email", "city"],
            True,
            id="one field, and what it is found by",
        ),
        pytest.param(
            {"contact_id": "a", "unsettled_since": OLD},
            SAME,
            list(SAME),
            list(SAME),
            True,
            id="unsettled: nobody knows, so everything",
        ),
        pytest.param(
            {"contact_id": "a", "request": "update"},
            SAME | {"companyName": "old", "city": "old"},
            ["city", "companyName"],
            ["email", "city"],
            False,
            id="by id: companyName waits",
        ),
        pytest.param(
            {"contact_id": "a"},
            SAME | {"website": "gone"},
            [],
            ["email"],
            False,
            id="absent in the warehouse: would be cleared",
        ),
    ],
)
def test_only_what_differs_is_sent(
    out: Relation,
    decision: dict[str, Any],
    known: dict[str, str] | None,
    changed: list[str],
    sent: list[str],
    *,
    is_all: bool,
) -> None:
    row = changes(out, decision, known)
    assert (list(row[0]), [one[0] for one in row[1]], row[3]) == (changed, sent, is_all)


def test_what_is_not_sent_is_not_taken_for_acknowledged(out: Relation) -> None:
    by_id = {"contact_id": "a", "request": "update"}
    row = changes(out, by_id, {"companyName": "old", "website": "kept"})
    assert row[2] == ("website",)
    assert dict(row[4]) == {
        "companyName": "old",
        "website": "kept",
        "email": "email=new",
        "phone": "phone=new",
        "city": "city=new",
        "tags": "tags=new",
    }


def test_warnings_name_what_was_withheld_and_what_is_unknown(out: Relation) -> None:
    rows = out(
        "plan_warnings",
        "identity warnings",
        locations=[{"custom_fields": CUSTOM}],
        unique_contacts=of("identity custom_fields", ("1", [("tier", "x"), ("zodiac", "y")])),
        withheld_values=of("identity field code holder", ("1", "phone", "value_taken", "a")),
    )
    assert rows == {
        ("1", (("custom_field_unknown", "customFields", "zodiac"), ("value_taken", "phone", "a")))
    }


def new_contact(out: Relation, policy: dict[str, Any], decision: dict[str, Any]) -> Any:
    """Body, tags, fields and hashes of an identity with an email and tags that has no contact."""
    ((text, *others),) = out(
        "new_contacts",
        "body add_tags changed_fields hashes",
        also="sendable_contacts said_fields said_rows",
        policy=[policy],
        unique_contacts=of("identity email tags", ("1", "a@b.org", ["u", "t"])),
        decisions=[{"identity": "1"} | decision],
    )
    return json.loads(text), *others


@pytest.mark.parametrize(
    ("policy", "decision", "tags", "add_tags"),
    [
        pytest.param("add", {"proven_absent": True}, ["t", "u"], None, id="proven: in the body"),
        pytest.param("add", {}, None, ("t", "u"), id="not proven: after it"),
        pytest.param("overwrite", {}, ["t", "u"], None, id="overwrite: in the body"),
        pytest.param("skip", {}, None, None, id="skip: nowhere"),
    ],
)
def test_new_contact_is_sent_with_all_that_is_said(
    out: Relation,
    policy: str,
    decision: dict[str, Any],
    tags: list[str] | None,
    add_tags: tuple[str, ...] | None,
) -> None:
    body, added, changed, hashes = new_contact(out, {"tags": policy}, decision)
    in_body = {"tags": tags} if tags else {}
    assert body == {"locationId": "acme", "email": "a@b.org"} | in_body
    assert (added, "tags" in changed) == (add_tags, policy != "skip")
    assert json.loads(hashes) == ({"tags": hashed("tags", '["t","u"]')} if add_tags else {})


def test_contact_that_is_known_is_no_new_one(out: Relation) -> None:
    known = of("identity contact_id", ("1", "a"))
    also = "sendable_contacts said_fields said_rows"
    someone = of("identity email", ("1", "a@b.org"))
    assert not out("new_contacts", "body", also=also, unique_contacts=someone, decisions=known)


TAGS = entry("tags", '["t"]')
CITY = entry("city", '"Rome"')
EMAIL = entry("email", '"a@b.org"')


@pytest.mark.parametrize(
    ("policy", "decision", "changed", "sent", "body", "add_tags"),
    [
        pytest.param(
            "overwrite",
            {"contact_id": "a"},
            ["tags"],
            [EMAIL, TAGS],
            {"email": "a@b.org", "tags": ["t"]},
            None,
            id="overwrite: in the body",
        ),
        pytest.param(
            "add", {"contact_id": "a"}, ["tags"], [EMAIL, TAGS], None, ("t",), id="only tags"
        ),
        pytest.param(
            "add",
            {"contact_id": "a", "unsettled_since": OLD},
            ["tags"],
            [EMAIL, TAGS],
            {"email": "a@b.org"},
            ("t",),
            id="only tags, but unsettled",
        ),
        pytest.param(
            "add",
            {"contact_id": "a"},
            ["city"],
            [EMAIL, CITY],
            {"email": "a@b.org", "city": "Rome"},
            None,
            id="tags unchanged",
        ),
    ],
)
def test_tags_go_where_they_wipe_nobody_elses(
    out: Relation,
    policy: str,
    decision: dict[str, Any],
    changed: list[str],
    sent: list[dict[str, str]],
    body: dict[str, Any] | None,
    add_tags: tuple[str, ...] | None,
) -> None:
    ((text, tags),) = out(
        "upsert_plan",
        "body add_tags",
        policy=[{"tags": policy}],
        claims=[{"identity": "1", "source_keys": ["1"]}],
        decisions=[{"identity": "1"} | decision],
        field_changes=[{"identity": "1", "tags": ["t"], "changed_fields": changed, "sent": sent}],
    )
    assert tags == add_tags
    assert (text and json.loads(text)) == (body and {"locationId": "acme"} | body)


def test_adding_tags_alone_leaves_the_ledger_what_the_contact_holds(out: Relation) -> None:
    rows = out(
        "upsert_plan",
        "email_hash phone_hash",
        claims=[{"identity": "1", "source_keys": ["1"]}],
        decisions=of("identity contact_id email_hash", ("1", "a", "e1")),
        field_changes=of("identity changed_fields sent", ("1", ["tags"], [TAGS])),
        known_contacts=of("contact_id email_hash phone_hash", ("a", "e1", "p1")),
    )
    assert rows == {("e1", "p1")}


@pytest.mark.parametrize(
    ("decision", "changed", "action", "request_"),
    [
        ({"hold": "two_contacts", "contact_id": "a"}, ["city"], "hold", None),
        ({}, ["city"], "create", "upsert"),
        ({"contact_id": "a"}, ["city"], "update", "upsert"),
        ({"contact_id": "a", "request": "update"}, ["city"], "update", "update"),
        ({"contact_id": "a"}, [], "unchanged", None),
        ({"contact_id": "a", "is_acknowledged": True}, None, "unchanged", None),
        ({"contact_id": "a", "unsettled_since": OLD}, [], "update", "upsert"),
        ({"contact_id": "a", "hold_of_changes": "changed_email"}, ["city"], "hold", None),
        ({"contact_id": "a", "hold_of_changes": "changed_email"}, [], "unchanged", None),
        ({"contact_id": "a", "creates_another": True}, [], "unchanged", None),
        ({"contact_id": "a", "creates_another": True}, ["city"], "create", "upsert"),
    ],
)
def test_action(
    out: Relation,
    decision: dict[str, Any],
    changed: list[str] | None,
    action: str,
    request_: str | None,
) -> None:
    known = [{"identity": "1", "changed_fields": changed, "body": "{}"}]
    is_new = action == "create"
    rows = out(
        "upsert_plan",
        "action request body",
        claims=[{"identity": "1", "source_keys": ["1"]}],
        decisions=[{"identity": "1"} | decision],
        field_changes=known if changed is not None and not is_new else [],
        new_contacts=known if is_new else [],
    )
    ((found, request, body),) = rows
    assert (found, request, body is not None) == (action, request_, request_ is not None)


def test_every_row_is_counted_once(out: Relation) -> None:
    rows = out(
        "plan_counts",
        "location_id extracted rejected merged unchanged held deferred create update requests",
        locations=[{}, {"location_id": "empty"}],
        valid_contacts=[
            *of("source_key rejection", *((str(n), None) for n in range(7)), ("x", "bad")),
            {"location_id": "elsewhere", "source_key": "y"},
        ],
        upsert_plan=of(
            "identity action body add_tags",
            ("1", "create", "{}", "t"),
            ("2", "update", None, "t"),
            ("3", "update", "{}", None),
            ("4", "hold", None, None),
            ("5", "unchanged", None, None),
        ),
        sending_order=of(
            "identity requests is_deferred", ("1", 2, False), ("2", 1, False), ("3", 1, True)
        ),
    )
    assert rows == {("acme", 8, 1, 2, 1, 1, 1, 1, 1, 3), ("empty", 0, 0, 0, 0, 0, 0, 0, 0, 0)}


def test_version_of_the_data_does_not_depend_on_the_order(out: Relation) -> None:
    one, two = of("identity row_hash", ("1", "a"), ("2", "b")), of("identity row_hash", ("1", "a"))
    versions = [
        out("plan_counts", "data_version", row_hashes=rows) for rows in (one, one[::-1], two, [])
    ]
    assert versions[0] == versions[1] != versions[2]
    assert versions[3] == {"empty"}
