"""The rows that come of it: action, body and tags, and that each is counted once."""

import json
from typing import Any

import pytest

from tests.plan.given import OLD, hashed
from tests.plan.relations import Relation, entry, of


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
        decisions=[{"identity": "1"} | decision],
        field_changes=[{"identity": "1", "tags": ["t"], "changed_fields": changed, "sent": sent}],
    )
    assert tags == add_tags
    assert (text and json.loads(text)) == (body and {"locationId": "acme"} | body)


def test_adding_tags_alone_leaves_the_ledger_what_the_contact_holds(out: Relation) -> None:
    rows = out(
        "upsert_plan",
        "email_hash phone_hash",
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
        also="judged_rows",
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
            "identity action requests is_deferred",
            ("1", "create", 2, False),
            ("2", "update", 1, False),
            ("3", "update", 1, True),
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
