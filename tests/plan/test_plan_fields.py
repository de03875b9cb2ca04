"""Which fields an identity has, which of them the CRM is known to hold, and what is sent."""

from typing import Any

import pytest

from tests.plan.given import OLD, hashed
from tests.plan.relations import Relation, entry, of

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


def test_fields_are_known_from_the_ledger_else_from_the_list(out: Relation) -> None:
    rows = out(
        "known_fields",
        "contact_id hashes",
        also="sendable_contacts listed_fields compared_contacts",
        unique_contacts=of("identity", ("1",), ("2",), ("3",)),
        contact_fields=of("identity fields", ("1", []), ("2", []), ("3", [])),
        decisions=of("identity contact_id", ("1", "a"), ("2", "b"), ("3", "e")),
        acknowledged_contacts=of("contact_id", ("a",), ("c",)),
        acknowledged_fields=of(
            "contact_id hashes", ("a", '{"city":"h"}'), ("c", "{}"), ("e", '{"city":"meanwhile"}')
        ),
        crm_contacts=of(
            "contact_id email tags dnd date_of_birth",
            ("a", "a@b.org", None, None, None),
            ("b", "b@b.org", ["y", "x"], False, "1990-01-02T00:00:00Z"),
            ("d", "d@b.org", None, None, None),
            ("e", "e@b.org", None, None, None),
        ),
    )
    listed = {
        "email": '"b@b.org"',
        "tags": '["x","y"]',
        "dnd": "false",
        "dateOfBirth": '"1990-01-02"',
    }
    assert sorted((contact_id, dict(hashes)) for contact_id, hashes in rows) == [
        ("a", {"city": "h"}),
        ("b", {field: hashed(field, value) for field, value in listed.items()}),
        ("e", {"city": "meanwhile"}),
    ]


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
