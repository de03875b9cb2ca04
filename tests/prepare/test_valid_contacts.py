"""What becomes of each field, case by case."""

from functools import lru_cache
from typing import Any

import pytest

from tests.prepare.tables import Row, codes, settings, valid


@lru_cache
def judged_together(order: str | None = None) -> dict[str, dict[str, Any]]:
    """All cases in one pass: planning the query costs half a second, running it nothing."""
    rows: list[Row] = [
        *({"source_key": f"phone {c[0]}", "phone": c[0], "email": "a@b.de"} for c in PHONES),
        *({"source_key": f"email {c[0]}", "email": c[0], "phone": "0711 2842222"} for c in EMAILS),
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


PHONES = [
    ("0711 2842222", "+497112842222", []),
    ("+49 0711 2842222", "+497112842222", []),
    ("+49 (0) 711 2842222", "+497112842222", []),
    ("0049 711 2842222", "+497112842222", []),
    ("(0711) 284-2222", "+497112842222", []),
    ("0711/2842222", "+497112842222", []),
    ("0711 2842222 ext. 12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222; +1 650 253 0000", "+497112842222", ["phone_several"]),
    ("call me or +55 (12) 3923-5555", "+551239235555", []),
    ("0711/2842222 / 0711/2842223", "+497112842222", ["phone_several"]),
    ("+1-800-FLOWERS", "+18003569377", []),
    ("+1 800 555 FILM", "+18005553456", []),
    ("+44 800 123 CALL", "+448001232255", []),
    ("011 49 711 2842222", None, ["phone_invalid"]),
    ("tel:+49-711-2842222;ext=12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222x12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222, ext. 12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222; ext 12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222,,12#", "+497112842222", ["extension_dropped"]),
    ("0711 2842222 \u0434\u043e\u0431. 12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222 Durchwahl 12", "+497112842222", ["extension_dropped"]),
    ("0711 2842222 (ext 12)", "+497112842222", ["extension_dropped"]),
    ("0711 2842222 (work)", "+497112842222", []),
    ("0711 2842222 home", "+497112842222", []),
    ("Tel.: 0711/2842222", "+497112842222", []),
    ("0711 2842222 (home), 0171 1234567 (mobile)", "+497112842222", ["phone_several"]),
    ("Home: 0711 2842222 Mobile: 0171 1234567", "+497112842222", ["phone_several"]),
    ("0711 2842222\n0171 1234567", "+497112842222", ["phone_several"]),
    ("0711 2842222\n", "+497112842222", []),
    ("+497112842222+491711234567", "+497112842222", ["phone_several"]),
    ('["0711 2842222", "0171 1234567"]', "+497112842222", ["phone_several"]),
    ("0711 2842222 / +49 711 2842222", "+497112842222", []),
    ("\uff0b\uff14\uff19 \uff17\uff11\uff11 2842222", "+497112842222", []),
    ("\u202a+49\u00a0711\u200b2842222\u202c", "+497112842222", []),
    ("7112842222.0", "+497112842222", []),
    ("+4.97112842222E+11", "+497112842222", []),
    ("4.97E+11", None, ["phone_invalid"]),
    ("\u0660\u0667\u0661\u0661 2842222", "+497112842222", []),
    ("12", None, ["phone_invalid"]),
    ("call me", None, ["phone_invalid"]),
    ("n/a", None, []),
    (" ", None, []),
    (None, None, []),
]


@pytest.mark.parametrize(("cell", "phone", "warnings"), PHONES)
def test_phone(cell: str, phone: str | None, warnings: list[str]) -> None:
    row = judged_together()[f"phone {cell}"]
    assert (row["phone"], codes(row)) == (phone, warnings)


def test_phone_is_read_in_the_rows_own_country_and_else_in_the_locations() -> None:
    rows = valid(
        [
            {"source_key": "1", "phone": "(650) 253-0000", "country": "usa"},
            {"source_key": "2", "phone": "0711 2842222", "country": "Neverland"},
        ]
    )
    assert [row["phone"] for row in rows] == ["+16502530000", "+497112842222"]


def test_possible_phones_are_taken_where_settings_say_so() -> None:
    row = {"phone": "+1 200 555 0000", "email": "a@b.de"}
    assert valid([row])[0]["phone"] is None
    possible = settings(validation={"phones": "possible"})
    assert valid([row], possible)[0]["phone"] == "+12005550000"


EMAILS = [
    (" Anna@Example.ORG ", "anna@example.org", []),
    ("mailto:anna@example.org?subject=x", "anna@example.org", []),
    ('"Berg, Anna" <anna@example.org>', "anna@example.org", []),
    ("anna@example.org.", "anna@example.org", []),
    ("anna@example.org; bert@example.org", "anna@example.org", ["email_several"]),
    ("anna@example.org/bert@example.org", "anna@example.org", ["email_several"]),
    ("none@none.com, anna@example.org", "anna@example.org", []),
    ("anna@bücher.example.de", "anna@xn--bcher-kva.example.de", []),
    ("info@example.org", "info@example.org", ["email_role"]),
    ("anna at example.org", None, ["email_invalid"]),
    ("anna berg@example.org", None, ["email_invalid"]),
    ("O' Brien@example.org", None, ["email_invalid"]),
    ("room 7, anna berg@example.org", None, ["email_invalid"]),
    ("Anna Berg, anna@example.org", "anna@example.org", []),
    ("Anna Berg | anna@example.org", "anna@example.org", []),
    ("Anna Berg (anna@example.org)", "anna@example.org", []),
    ("E-mail: anna@example.org", "anna@example.org", []),
    ("anna@example.org at home", "anna@example.org", []),
    ("anna@example", None, ["email_invalid"]),
    ("anna@host.local", None, ["email_invalid"]),
    ("anna@a--b.org", "anna@a--b.org", []),
    ("Anna <anna@example.org>, bert@example.org", "anna@example.org", ["email_several"]),
    ("bert@example.org, Anna <anna@example.org>", "bert@example.org", ["email_several"]),
    ("anna@home.org <anna@example.org>", "anna@example.org", []),
    ('["anna@example.org", "bert@example.org"]', "anna@example.org", ["email_several"]),
    ("{anna@example.org,bert@example.org}", "anna@example.org", ["email_several"]),
    ("{anna}@example.org", "{anna}@example.org", []),
    ("anna@example.org\nbert@example.org", "anna@example.org", ["email_several"]),
    ("an\u200bna@example.org\u200e", "anna@example.org", []),
    (
        "\u0438\u0432\u0430\u043d@\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
        "\u0438\u0432\u0430\u043d@xn--80a1acny.xn--p1ai",
        [],
    ),
    ('"anna berg"@example.org', None, ["email_invalid"]),
    ("anna@[127.0.0.1]", None, ["email_invalid"]),
    ("anna..b@example.org", None, ["email_invalid"]),
    ("verkauf@example.org", "verkauf@example.org", ["email_role"]),
]


@pytest.mark.parametrize(("cell", "email", "warnings"), EMAILS)
def test_email(cell: str, email: str | None, warnings: list[str]) -> None:
    row = judged_together()[f"email {cell}"]
    assert (row["email"], codes(row), row["rejection"]) == (email, warnings, None)


@pytest.mark.parametrize(
    "cell", ["none@none.com", "test@test", "NOEMAIL@x.org", "a@a.com", "xx@xx.xx", "123@123.com"]
)
def test_placeholder_is_dropped_or_rejects_the_row(cell: str) -> None:
    row = {"email": cell, "phone": "0711 2842222"}
    (rejected,) = valid([row], settings(validation={"placeholder_emails": "reject"}))
    assert rejected["rejection"]["code"] == "email_placeholder"
    (warned,) = valid([row])
    assert (warned["email"], warned["rejection"]) == (None, None)
    assert codes(warned) == ["email_placeholder"]


def test_role_addresses_are_warned_of_accepted_or_rejected() -> None:
    row = {"email": "info@example.org"}
    assert codes(valid([row], settings(validation={"role_emails": "accept"}))[0]) == []
    (rejected,) = valid([row], settings(validation={"role_emails": "reject"}))
    assert rejected["rejection"]["code"] == "email_role"


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
    ("2030-01-01", None, None, ["date_future"]),
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
