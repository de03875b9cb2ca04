"""What becomes of each field but phone and email, and which rows are rejected."""

from functools import lru_cache
from typing import Any

import pytest

from tests.prepare.tables import Row, codes, settings, valid


@lru_cache
def judged_together(order: str | None = None) -> dict[str, dict[str, Any]]:
    """All cases in one pass: planning the query costs half a second, running it nothing."""
    rows: list[Row] = [
        *({"source_key": f"country {c[0]}", "country": c[0], "email": "a@b.de"} for c in COUNTRIES),
        *({"source_key": f"date {c[0]}", "date_of_birth": c[0], "email": "a@b.de"} for c in days()),
        *({"source_key": f"{c[0]} {c[1]}", c[0]: c[1], "email": "a@b.de"} for c in OTHERS),
        *(
            {"source_key": f"no {n}", "email": "a@b.de", **dict(c[0])}
            for n, c in enumerate(REJECTIONS)
        ),
    ]
    judged = valid(rows, settings(contacts={"date_order": order}))
    assert len(judged) == len(rows)
    return {row["source_key"]: row for row in judged}


def days() -> list[tuple[str]]:
    return [(day,) for day in dict.fromkeys(case[0] for case in DATES)]


COUNTRIES = [
    ("de", "DE", []),
    ("DEU", "DE", []),
    ("Germany", "DE", []),
    ("Deutschland", "DE", []),
    ("UK", "GB", []),
    ("U.S.A.", "US", []),
    ("XK", "XK", []),
    ("Ελλάδα", "GR", []),
    ("中国", "CN", []),
    ("Côte d'Ivoire", "CI", []),
    ("Congo, The Democratic Republic of the", "CD", []),
    ("Virgin Islands, U.S.", "VI", []),
    ("Runion", "RE", ["country_guessed"]),
    ("Kazakstan", "KZ", ["country_guessed"]),
    ("Turkey", "TR", []),
    ("TÜRKIYE", "TR", []),
    ("Republic of Korea", "KR", []),
    ("State of Palestine", "PS", []),
    ("Bahamas, The", "BS", []),
    ("DR Congo", "CD", []),
    ("Phillipines", "PH", []),
    ("Swaziland", "SZ", []),
    ("Allemagne", "DE", []),
    ("Estados Unidos", "US", []),
    ("Phillippines", "PH", ["country_guessed"]),
    ("Argentinia", "AR", ["country_guessed"]),
    ("East Timor", "TL", []),
    ("Upper Volta", "BF", []),
    ("Ceylon", "LK", []),
    ("Czechoslovakia", None, ["country_unknown"]),
    ("Austrlia", None, ["country_unknown"]),
    ("49", None, ["country_unknown"]),
    ("Česko", "CZ", []),
    ("भारत", "IN", []),
    ("Korea", None, ["country_unknown"]),
    ("USSR", None, ["country_unknown"]),
    ("Columbia", None, ["country_unknown"]),
    ("Yugoslavia", None, ["country_unknown"]),
    ("Slovania", None, ["country_unknown"]),
    ("Neverland", None, ["country_unknown"]),
]


@pytest.mark.parametrize(("written", "country", "warnings"), COUNTRIES)
def test_country(written: str, country: str | None, warnings: list[str]) -> None:
    row = judged_together()[f"country {written}"]
    assert (row["country"], codes(row)) == (country, warnings)


DATES = [
    ("1990-04-03", None, "1990-04-03", []),
    ("1990/4/3", None, "1990-04-03", []),
    ("1990-04-03T00:00:00Z", None, "1990-04-03", []),
    ("19900403", None, "1990-04-03", []),
    ("25/12/1990", None, "1990-12-25", []),
    ("03/04/1990", None, None, ["date_ambiguous"]),
    ("03/03/1990", None, "1990-03-03", []),
    ("03/04/1990", "dmy", "1990-04-03", []),
    ("03/04/1990", "mdy", "1990-03-04", []),
    ("25/12/1990", "mdy", None, ["date_invalid"]),
    ("3 April 1990", None, "1990-04-03", []),
    ("April 3rd, 1990", None, "1990-04-03", []),
    ("3. März 1990", None, "1990-03-03", []),
    ("Tuesday, 3 April 1990", None, "1990-04-03", []),
    ("Tue Apr 03 1990", None, "1990-04-03", []),
    ("3 de abril de 1990", None, "1990-04-03", []),
    ("3 \u0430\u043f\u0440\u0435\u043b\u044f 1990", None, "1990-04-03", []),
    ("1990\u5e744\u67083\u65e5", None, "1990-04-03", []),
    ("1990-Apr-03", None, "1990-04-03", []),
    ("03APR1990", None, "1990-04-03", []),
    ("1990\u201304\u201303", None, "1990-04-03", []),
    ("1990_04_03", None, "1990-04-03", []),
    ("32967", None, None, ["date_invalid"]),
    ("03/04/90", "dmy", None, ["date_ambiguous"]),
    ("1990-02-30", None, None, ["date_invalid"]),
    ("0001-01-01", None, None, ["date_invalid"]),
    ("1900-01-01", None, None, ["date_invalid"]),
    ("1900-01-02", None, "1900-01-02", []),
    ("1 " + "a" * 9_000, None, None, ["date_invalid"]),
    ("2030-01-01", None, None, ["date_future"]),
    ("1990-05-01 00:00:00+02", None, "1990-05-01", []),
    ("1990-05-01T00:00:00.000Z", None, "1990-05-01", []),
    ("1990-05-01 12:00:00+00", None, "1990-05-01", []),
    ("1990-05-01 13:45:00", None, "1990-05-01", []),
    ("1990-04-30 22:00:00+00", None, None, ["date_ambiguous"]),
    ("1990-04-30T22:00:00.000Z", None, None, ["date_ambiguous"]),
    ("1990-04-30 10:00 PM UTC", None, None, ["date_ambiguous"]),
    ("1990-05-01 12:00 AM UTC", None, "1990-05-01", []),
    ("1990-05-01 12:30:00+00", None, None, ["date_ambiguous"]),
    ("soon", None, None, ["date_invalid"]),
]


@pytest.mark.parametrize(("written", "order", "day", "warnings"), DATES)
def test_date_of_birth(
    written: str, order: str | None, day: str | None, warnings: list[str]
) -> None:
    row = judged_together(order)[f"date {written}"]
    assert (row["date_of_birth"], codes(row)) == (day, warnings)


OTHERS: list[tuple[str, str, Any, list[str]]] = [
    ("timezone", "europe/berlin", "Europe/Berlin", []),
    ("timezone", "W. Europe Standard Time", "Europe/Berlin", []),
    ("timezone", "US/Eastern", "America/New_York", []),
    ("timezone", "America/New York", "America/New_York", []),
    ("timezone", "Asia/Calcutta", "Asia/Kolkata", []),
    ("timezone", "Japan", "Asia/Tokyo", []),
    ("timezone", "CET", "CET", []),
    ("timezone", "Mars/Olympus", None, ["timezone_unknown"]),
    ("website", "HTTPS://Example.ORG/Path", "https://example.org/Path", []),
    ("website", "example.org", "example.org", []),
    ("website", "anna@example.org", None, ["website_invalid"]),
    ("postal_code", " 01067 ", "01067", []),
    ("postal_code", "sw1a 1aa", "SW1A 1AA", []),
    ("postal_code", "10117.0", "10117", []),
    ("postal_code", "10117.00", "10117", []),
    ("first_name", "  Anna \t Maria ", "Anna Maria", []),
    ("first_name", "Null", "Null", []),
    ("first_name", "-", None, []),
    ("first_name", "An\u00adna\u200b", "Anna", []),
    (
        "first_name",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        [],
    ),
    ("last_name", "VAN DER BERG", "van der Berg", []),
    ("last_name", "O'BRIEN", "O'Brien", []),
    ("last_name", "MCDONALD", "McDonald", []),
    ("first_name", "AJ", "AJ", []),
    ("city", "Mu\u0308nchen", "München", []),
    ("tags", "VIP, lead ,vip", ["lead", "vip"], []),
    ("tags", '["B", "a, b"]', ["a, b", "b"], []),
    ("tags", " , ", None, []),
    ("tags", "['a, b', 'B']", ["a, b", "b"], []),
    ("tags", '{"a, b",B}', ["a, b", "b"], []),
    ("gender", "F", "f", []),
    ("dnd", "Ja", True, []),
    ("dnd", "opted-out", True, []),
    ("dnd", "Unsubscribed", True, []),
    ("dnd", "subscribed", False, []),
    ("dnd", "\u0434\u0430", True, []),
    ("dnd_sms", "0", False, []),
    ("dnd", "perhaps", None, ["dnd_unreadable"]),
]


@pytest.mark.parametrize(("field", "written", "value", "warnings"), OTHERS)
def test_other_fields(field: str, written: str, value: object, warnings: list[str]) -> None:
    row = judged_together()[f"{field} {written}"]
    assert (row[field], codes(row)) == (value, warnings)


def test_leading_zero_of_a_postal_code_comes_back_where_the_country_has_five_digits() -> None:
    (row,) = valid([{"postal_code": "1067", "country": "DE", "email": "a@b.de"}])
    assert (row["postal_code"], codes(row)) == ("01067", ["postal_code_padded"])
    (row,) = valid([{"postal_code": "184", "country": "Italia", "email": "a@b.de"}])
    assert (row["postal_code"], codes(row)) == ("00184", ["postal_code_padded"])
    (row,) = valid([{"postal_code": "1067", "country": "AT", "email": "a@b.de"}])
    assert (row["postal_code"], codes(row)) == ("1067", [])


def test_name_is_kept_only_where_its_parts_are_empty() -> None:
    (row,) = valid([{"name": "Anna Berg", "email": "a@b.de"}])
    assert row["name"] == "Anna Berg"
    (row,) = valid([{"name": "Anna Berg", "first_name": "Anna", "email": "a@b.de"}])
    assert row["name"] is None


def test_custom_fields_lose_what_is_empty() -> None:
    (row,) = valid([{"email": "a@b.de", "custom_fields": {"tier": " gold ", "x": " "}}])
    assert row["custom_fields"] == {"tier": "gold"}


REJECTIONS: list[tuple[dict[str, Any], str]] = [
    ({"location_id": None}, "location_unknown"),
    ({"location_id": "elsewhere"}, "location_unknown"),
    ({"location_id": "off", "email": None}, "location_disabled"),
    ({"email": None}, "no_match_field"),
    ({"location_id": "phones"}, "no_match_field"),
    ({"location_id": "emails", "email": None, "phone": "+16502530000"}, "no_match_field"),
]


@pytest.mark.parametrize(("number", "code"), [(n, case[1]) for n, case in enumerate(REJECTIONS)])
def test_rejection(number: int, code: str) -> None:
    assert judged_together()[f"no {number}"]["rejection"]["code"] == code


def test_a_row_without_key_or_location_is_rejected() -> None:
    found = valid([{"source_key": None, "email": "a@b.de"}, {"location_id": None}])
    assert [row["rejection"]["code"] for row in found] == ["location_unknown", "key_missing"]


def test_every_row_of_a_repeated_key_is_rejected_over_all_locations() -> None:
    rows = valid([{"email": "a@b.de"}, {"email": "b@b.de", "location_id": "emails"}])
    assert [row["rejection"]["code"] for row in rows] == ["key_duplicate"] * 2


def test_a_time_that_could_not_be_read_is_told() -> None:
    (row,) = valid([{"email": "a@b.de", "updated_at_raw": "yesterday"}])
    assert codes(row) == ["updated_at_invalid"]
