"""Whose value a person keeps, rule by rule, and the reason that says so."""

from typing import Any

import pytest

from contacts_pipeline.contact import FIELD_COLUMNS
from contacts_pipeline.settings import Settings
from tests.prepare.tables import Row, at, settings, unify

ORDER = {"column": "system", "order": ["ERP", "shop"]}


def by(rule: str, **sections: Any) -> Settings:
    ordered = {"source_priority": ORDER} if rule == "source_priority" else {}
    contacts = {"contacts": {"custom_fields": {"tier": "t"}}}
    return settings(**contacts, survivorship={"default": rule, **ordered, **sections})


def survived(values: list[Row], config: Settings) -> dict[str, Any]:
    (one,) = unify(
        [{"source_key": str(n), "updated_at": at(n), **row} for n, row in enumerate(values, 1)],
        config,
    )
    return one


def chosen(one: Row) -> list[tuple[str, str, str]]:
    """Key, rule and field of every reason that is about a value."""
    joins = {"same_email", "same_phone", "joined_by_phone", "linked"}
    reasons = [reason for reason in one["reasons"] if reason["code"] not in joins]
    return [(reason["source_key"], reason["code"], reason["field"]) for reason in reasons]


ALONE = (
    *("phone", "website", "timezone", "source", "date_of_birth", "company_name", "assigned_to"),
    "gender",
)
"""Columns that survive one by one; the email is what these rows share."""

# What rows 1 to 5 say, row 5 being the newest; the row that survives under each rule.
FIELDS: list[tuple[list[str | None], dict[str, str]]] = [
    (["A", "A", "B", "CCC", "D"], {"newest": "5", "most_frequent": "2", "longest": "4"}),
    (["A", "A", "B", "B", "C"], {"newest": "5", "most_frequent": "4", "longest": "5"}),
    (["AA", None, "BB", "C", None], {"newest": "4", "most_frequent": "4", "longest": "3"}),
    ([None, None, "B", None, "A"], {"newest": "5", "most_frequent": "5", "longest": "5"}),
]


@pytest.mark.parametrize("rule", ["newest", "most_frequent", "longest"])
@pytest.mark.parametrize("case", range(len(FIELDS)))
def test_every_field_survives_by_its_rule(case: int, rule: str) -> None:
    values, survivors = FIELDS[case]
    key = survivors[rule]
    value = values[int(key) - 1]
    one = survived([{**dict.fromkeys(ALONE, value), **tier(value)} for value in values], by(rule))
    assert {column: one[column] for column in ALONE} == dict.fromkeys(ALONE, value)
    assert one["custom_fields"] == {"tier": value}
    fields = [field for field, column in FIELD_COLUMNS.items() if column in ALONE]
    assert sorted(chosen(one)) == sorted((key, rule, f) for f in (*fields, "customFields.tier"))


def tier(value: str | None) -> Row:
    return {"custom_fields": {"tier": value} if value else None}


@pytest.mark.parametrize(
    ("origins", "key"),
    [
        (["erp", "shop", "web"], "1"),
        (["web", "SHOP", None], "2"),
        (["web", "crm", None], "3"),
        (["ERP", "erp", "shop"], "2"),
        ([None, "shop", "Erp"], "3"),
    ],
)
def test_the_best_source_wins_then_the_newest_and_unknown_sources_come_last(
    origins: list[str | None], key: str
) -> None:
    rows: list[Row] = [{"origin": o, "city": f"city {n}"} for n, o in enumerate(origins, 1)]
    one = survived(rows, by("source_priority"))
    assert one["city"] == f"city {key}"
    assert chosen(one) == [(key, "source_priority", "address1")]


def test_each_field_has_its_own_rule_and_the_others_the_default() -> None:
    config = by("newest", fields={"companyName": "longest", "name": "most_frequent"})
    one = survived(
        [
            {"company_name": "Berg GmbH", "first_name": "Anna", "last_name": "Berg"},
            {"company_name": "Berg", "first_name": "Anna", "last_name": "Berg", "website": "a.org"},
            {"company_name": "B", "first_name": "Annabelle", "website": "b.org"},
        ],
        config,
    )
    assert (one["company_name"], one["website"]) == ("Berg GmbH", "b.org")
    assert (one["first_name"], one["last_name"]) == ("Anna", "Berg")
    assert chosen(one) == [
        ("2", "most_frequent", "firstName"),
        ("3", "newest", "website"),
        ("1", "longest", "companyName"),
    ]


@pytest.mark.parametrize("rule", ["newest", "most_frequent", "source_priority", "longest"])
def test_names_and_addresses_come_from_one_row_whatever_the_rule(rule: str) -> None:
    rows: list[Row] = [
        {"first_name": "Anna", "last_name": "Berg", "city": "Bonn", "postal_code": "53111"},
        {"name": "Anna Berg-Maier of Bonn", "address1": "Am langen Weg 123", "origin": "erp"},
        {"first_name": "Anna", "last_name": "Berg", "city": "Bonn", "postal_code": "53111"},
        {"first_name": "A.", "country": "DE"},
    ]
    one = survived(rows, by(rule))
    names = {(row.get("first_name"), row.get("last_name"), row.get("name")) for row in rows}
    places = {
        tuple(row.get(c) for c in ("address1", "city", "postal_code", "country")) for row in rows
    }
    assert (one["first_name"], one["last_name"], one["name"]) in names
    assert tuple(one[c] for c in ("address1", "city", "postal_code", "country")) in places


def test_the_same_survives_where_the_times_are_equal_or_missing() -> None:
    rows: list[Row] = [
        {"source_key": key, "company_name": name, "updated_at": None}
        for key, name in [("b", "BB"), ("a", "AA"), ("c", "A")]
    ]
    for rule in ("newest", "most_frequent", "longest"):
        assert unify(rows, by(rule)) == unify(rows[::-1], by(rule))
        assert unify(rows, by(rule))[0]["company_name"] == "AA"


def test_channels_tags_and_custom_fields_say_which_rows_they_come_from() -> None:
    one = survived(
        [
            {"dnd_sms": True, "tags": ["a"], "custom_fields": {"tier": "gold"}},
            {"dnd": False, "tags": ["b"], "custom_fields": {"tier": "lead"}},
            {"dnd_call": True, "dnd_sms": False},
        ],
        by("newest"),
    )
    assert (one["dnd_sms"], one["dnd_call"], one["dnd"]) == (True, True, False)
    assert chosen(one) == [
        ("2", "newest", "customFields.tier"),
        ("1", "any_true", "dnd"),
        ("3", "any_true", "dnd"),
        ("1", "union", "tags"),
        ("2", "union", "tags"),
    ]
    assert [reason["detail"] for reason in one["reasons"][4:6]] == ["SMS", "Call"]


def test_rows_that_agree_give_no_reasons() -> None:
    row = {"city": "Bonn", "dnd": True, "tags": ["a"], "custom_fields": {"tier": "gold"}}
    assert chosen(survived([row, row], by("longest"))) == []
