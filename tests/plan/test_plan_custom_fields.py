"""Custom fields by type: what a text becomes, what is left out, and what the plan says of it."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline.plan.custom_fields import CustomField, read_number, shape_custom_value
from tests.plan.bench import Bench
from tests.plan.given import contact as identity
from tests.plan.given import location
from tests.plan.relations import of, relation

OPTIONS = ("Gold", "Silver", "Tea, green")


def field(data_type: str, **more: Any) -> CustomField:
    return CustomField("f", data_type, **more)


PICK = partial(field, options=OPTIONS)
NEAREST = "the nearest option is "
UNKNOWN = "custom_field_option_unknown"

CASES: list[tuple[CustomField, str, Any, list[tuple[str, str]]]] = [
    (field("TEXT"), "007", "007", []),
    (field("LARGE_TEXT"), '"quoted"', '"quoted"', []),
    (field("NEW_TYPE"), "x", "x", []),
    (PICK("SINGLE_OPTIONS"), "Gold", "Gold", []),
    (PICK("RADIO"), "  gOLD ", "Gold", []),
    (PICK("RADIO"), "tea,  GREEN", "Tea, green", []),
    (PICK("RADIO"), "golden", None, [(UNKNOWN, NEAREST + "'Gold'")]),
    (PICK("RADIO", allows_other=True), "Bronze", "Bronze", []),
    (field("RADIO"), "anything", "anything", []),
    (PICK("CHECKBOX"), "silver; GOLD;silver", ["Silver", "Gold"], []),
    (PICK("MULTIPLE_OPTIONS"), "Gold, Silver", ["Gold", "Silver"], []),
    (PICK("MULTIPLE_OPTIONS"), "Tea, green", ["Tea, green"], []),
    (PICK("MULTIPLE_OPTIONS"), "Tea, green;Gold", ["Tea, green", "Gold"], []),
    (PICK("MULTIPLE_OPTIONS"), '["Tea, green", "gold"]', ["Tea, green", "Gold"], []),
    (PICK("MULTIPLE_OPTIONS"), '{"Tea, green",gold}', ["Tea, green", "Gold"], []),
    (PICK("MULTIPLE_OPTIONS"), "['Tea, green', 'gold']", ["Tea, green", "Gold"], []),
    (PICK("MULTIPLE_OPTIONS"), "[]", None, []),
    (PICK("CHECKBOX"), "Gold; Slver", ["Gold"], [(UNKNOWN, NEAREST + "'Silver'")]),
    (PICK("CHECKBOX"), "rum", None, [(UNKNOWN, "the options are 'Gold', 'Silver', 'Tea, green'")]),
    (field("CHECKBOX", options=("I agree",)), "true", ["I agree"], []),
    (field("CHECKBOX", options=("I agree",)), "No", None, []),
    (field("NUMERICAL"), "7", 7, []),
    (field("MONETORY"), "$ 1,234.50", 1234.5, []),
    (field("FLOAT"), "many", None, [("custom_field_invalid", "no number")]),
    (field("DATE"), "3 April 2050", "2050-04-03", []),
    (field("DATE", date_order="dmy"), "03/04/1850", "1850-04-03", []),
    (field("DATE"), "03/04/1990", None, [("custom_field_invalid", "date_ambiguous")]),
    (field("PHONE", region="DE"), "0711 2842222", "+497112842222", []),
    (field("PHONE"), "0711 2842222", None, [("custom_field_invalid", "phone_invalid")]),
    (field("EMAIL"), "Anna@Example.ORG", "anna@example.org", []),
    (field("EMAIL"), "anna", None, [("custom_field_invalid", "email_invalid")]),
    (
        field("FILE_UPLOAD"),
        "https://x.org/a.pdf",
        None,
        [("custom_field_unsupported", "FILE_UPLOAD takes no text")],
    ),
]


@pytest.mark.parametrize(("of_type", "text", "value", "warnings"), CASES)
def test_a_text_becomes_what_its_field_takes(
    of_type: CustomField, text: str, value: object, warnings: list[tuple[str, str]]
) -> None:
    shaped = shape_custom_value(of_type, text)
    assert (shaped.value and json.loads(shaped.value)) == value
    assert list(shaped.warnings) == warnings


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("007", "7"),
        ("-3.50", "-3.5"),
        ("1.234", "1.234"),
        ("1e3", "1000"),
        ("1e99", None),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("1,234", None),
        ("1.500 \u20ac", None),
        ("$-1.500", None),
        ("0.125 \u20ac", "0.125"),
        ("1500.250 \u20ac", "1500.25"),
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
        ("1 234 567,89", "1234567.89"),
        ("1'234.50", "1234.5"),
        ("12,34,567.8", None),
        ("EUR 99", "99"),
        ("99 \u20ac", "99"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("15%", "15"),
        ("5 apples", None),
        ("10-12", None),
        ("nan", None),
        ("inf", None),
        ("\u0661\u0662", "12"),
        ("", None),
    ],
)
def test_a_number_is_read_one_way_or_not_at_all(text: str, number: str | None) -> None:
    assert read_number(text) == number


def test_shaped_fields_are_gathered_by_identity(tmp_path: Path) -> None:
    warning = {"code": UNKNOWN, "field": "customFields", "detail": "likes: none"}
    rows = relation(
        tmp_path,
        "shaped_custom_fields",
        "identity custom_fields warnings",
        unique_contacts=of(
            "identity custom_fields",
            ("1", [("tier", "gold"), ("likes", "tea"), ("note", "x")]),
            ("2", [("note", "x")]),
            ("3", [("likes", "tea")]),
        ),
        custom_values=of(
            "key text id value warnings",
            ("tier", "gold", "t", '"Gold"', []),
            ("likes", "tea", "l", None, [warning]),
        ),
    )
    told = (tuple(warning.values()),)
    assert rows == {("1", (("t", '"Gold"'),), told), ("3", None, told)}


def test_a_plan_sends_what_fits_and_names_what_does_not(bench: Bench) -> None:
    here = location(
        custom_fields={
            "note": "id-note",
            "tier": PICK("RADIO"),
            "likes": CustomField("id-likes", "CHECKBOX", ("tea", "jam")),
            "visits": CustomField("id-visits", "NUMERICAL"),
        }
    )
    values = [("note", "7"), ("tier", "bronce"), ("likes", "Tea;rum"), ("visits", "1 200")]
    row = bench.plan(identity("1", email="a@x.org", custom_fields=values), at=here)["1"]
    assert json.loads(row["body"])["customFields"] == [
        {"id": "id-likes", "field_value": ["tea"]},
        {"id": "id-note", "field_value": "7"},
        {"id": "id-visits", "field_value": 1200},
    ]
    assert [(one["code"], one["detail"].partition(":")[0]) for one in row["warnings"]] == [
        (UNKNOWN, "likes"),
        (UNKNOWN, "tier"),
    ]
