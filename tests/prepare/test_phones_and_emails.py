"""What becomes of phones and emails, case by case."""

from functools import lru_cache
from typing import Any

import pytest

from tests.prepare.tables import Row, codes, settings, valid


@lru_cache
def judged_together() -> dict[str, dict[str, Any]]:
    """All cases in one pass: planning the query costs much, running it nothing."""
    rows: list[Row] = [
        *({"source_key": f"phone {c[0]}", "phone": c[0], "email": "a@b.de"} for c in PHONES),
        *({"source_key": f"email {c[0]}", "email": c[0], "phone": "0711 2842222"} for c in EMAILS),
    ]
    judged = valid(rows)
    assert len(judged) == len(rows)
    return {row["source_key"]: row for row in judged}


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
    ("7112842222.00", "+497112842222", []),
    ("+497112842222.000", "+497112842222", []),
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
