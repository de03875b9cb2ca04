"""Read rows to ``valid_contacts``: each relation by itself, in the order in which they run."""

from typing import Any

from tests.prepare.relations import Case, Table, of

NO_KEY: dict[str, Any] = {"code": "key_missing", "field": "key", "raw": None}
RULES = of("placeholders_reject roles_reject roles_warn", (True, True, True))
LENIENT = of("placeholders_reject roles_reject roles_warn", (False, False, False))
KNOWN = {
    **dict.fromkeys(("location_known", "location_enabled", "match_email", "match_phone"), True),
    "match": "email,phone",
    "phone_settled": False,
    "email_settled": False,
}


def judged(*rows: dict[str, Any]) -> dict[str, Table]:
    """Rows of a known location, each with a key."""
    keyed = [{"source_key": str(n), **KNOWN, **row} for n, row in enumerate(rows, 1)]
    return {"judged_contacts": keyed, "rules": LENIENT}


def warned(code: str, field: str, raw: str) -> list[dict[str, str]]:
    return [{"code": code, "field": field, "raw": raw}]


JUDGING: dict[str, list[Case]] = {
    "judged_contacts": [
        Case(
            "the library is asked for what SQL has left open",
            {
                "described_contacts": of(
                    "phone region phone_settled email email_settled",
                    ("0711 2842222", "DE", False, "a@müller.de", False),
                    ("0711 2842222", "DE", True, "a@x.org", True), (None, "DE", False, None, False),
                )
            },
            of(
                "judged_phone judged_email",
                (
                    {"value": "+497112842222", "codes": []},
                    {"value": "a@xn--mller-kva.de", "codes": []},
                ),
                (None, None), (None, None),
            ),
        ),
        Case(
            "websites keep the case of their paths",
            {
                "described_contacts": of(
                    "website", ("HTTPS://X.org/A",), ("x.org",), ("a@x.org",), ("ftp://x.org",),
                    ("https://bücher.de",), ("http://example.com/ünï",), ("пример.рф:80/x",),
                    ("example.com:٣",),
                )
            },
            of(
                "url", ("https://x.org/A",), ("x.org",), (None,), (None,),
                ("https://bücher.de",), ("http://example.com/ünï",), ("пример.рф:80/x",), (None,),
            ),
        ),
        Case(
            "postcodes get back the zeros that spreadsheets eat",
            {
                "described_contacts": of(
                    "postal_code country_code",
                    ("1067.0", "DE"), ("1067", "AT"), ("501", "US"), ("501", "DE"),
                    ("sw1a 1aa", "GB"),
                )
            },
            of(
                "postcode postcode_padded",
                ("01067", True), ("1067", False), ("00501", True), ("501", False),
                ("SW1A 1AA", False),
            ),
        ),
        Case(
            "names in capitals are rewritten, initials stay, a whole name gives way to its parts",
            {
                "described_contacts": of(
                    "first_name last_name name",
                    ("ANNA", "VAN DER BERG", "AB"), ("JJ", "NG", None), ("ANNA", "NG", None),
                    (None, None, "ANNA BERG"),
                )
            },
            of(
                "own_first_name own_last_name own_name",
                ("Anna", "van der Berg", None), ("JJ", "NG", None), ("Anna", "Ng", None),
                (None, None, "Anna Berg"),
            ),
        ),
        Case(
            "words of people and programs for yes and no",
            {
                "described_contacts": of(
                    "dnd dnd_sms inbound_dnd",
                    ("Ja", "0", "opted out"), ("maybe", None, "не"), ("TRUE", "1.0", "falsch"),
                )
            },
            of(
                "blocked blocked_sms blocked_inbound",
                (True, False, True), (None, None, None), (True, True, False),
            ),
        ),
        Case(
            "custom fields are tidied, in the order of their keys",
            {
                "described_contacts": of(
                    "custom_fields", ([("b", " x "), ("a", "y"), ("c", " ")],),
                    ([("a", "x y")],), (None,)
                )
            },
            of("own_fields", ([("a", "y"), ("b", "x")],), ([("a", "x y")],), (None,)),
        ),
    ],
    "valid_contacts": [
        Case(
            "what SQL has settled, else what the library says",
            judged(
                {"phone": "a", "phone_settled": True, "e164": "+1", "has_extension": True},
                {"phone": "b", "judged_phone": {"value": "+2", "codes": ["phone_several"]}},
                {"phone": "c", "phone_settled": True},
            ),
            of(
                "phone warnings",
                ("+1", warned("extension_dropped", "phone", "a")),
                ("+2", warned("phone_several", "phone", "b")),
                (None, warned("phone_invalid", "phone", "c")),
            ),
        ),
        Case(
            "a placeholder is never sent; a role only warns where the settings say so",
            judged(
                {"email": "a", "email_settled": True, "address": "a@x.org"},
                {"email": "b", "email_settled": True, "address": "n@none.com",
                 "email_code": "email_placeholder"},
                {"email": "c", "email_settled": True, "address": "info@x.org",
                 "email_code": "email_role"},
                {"email": "d",
                 "judged_email": {"value": "d@none.com", "codes": ["email_placeholder"]}},
            ),
            of(
                "email warnings",
                ("a@x.org", []), (None, warned("email_placeholder", "email", "b")),
                ("info@x.org", []),
                (None, warned("email_placeholder", "email", "d")),
            ),
        ),
        Case(
            "what can't be read is null, with the raw value",
            judged(
                {"country": "X"},
                {"date_of_birth": "X", "birthday_codes": ["date_future"]},
                {"timezone": "X"},
                {"website": "X"},
                {"dnd": "X"},
                {"dnd_sms": "X"},
                {"updated_at_raw": "X"},
                {"country": "X", "country_code": "KZ", "country_guessed": True},
                {"postal_code": "X", "postcode": "0X", "postcode_padded": True},
            ),
            of(
                "warnings",
                (warned("country_unknown", "country", "X"),),
                (warned("date_future", "dateOfBirth", "X"),),
                (warned("timezone_unknown", "timezone", "X"),),
                (warned("website_invalid", "website", "X"),),
                (warned("dnd_unreadable", "dnd", "X"),),
                (warned("dnd_unreadable", "dndSettings.SMS", "X"),),
                (warned("updated_at_invalid", "updatedAt", "X"),),
                (warned("country_guessed", "country", "X"),),
                (warned("postal_code_padded", "postalCode", "X"),),
            ),
        ),
        Case(
            "the first reason for a rejection is told",
            judged(
                {"location_known": False, "location_enabled": False, "location_id": "x"},
                {"location_enabled": False, "source_key": None, "location_id": "l"},
                {"source_key": None, "key_repeated": True},
                {"source_key": "7", "key_repeated": True},
                {"email": "n", "match": "email", "match_phone": False, "e164": "+1", "phone": "1",
                 "phone_settled": True},
            )
            | {"rules": RULES},
            of(
                "rejection",
                ({"code": "location_unknown", "field": "locationId", "raw": "x"},),
                ({"code": "location_disabled", "field": "locationId", "raw": "l"},),
                (NO_KEY,),
                ({"code": "key_duplicate", "field": "key", "raw": "7"},),
                ({"code": "no_match_field", "field": "email", "raw": "n"},),
            ),
        ),
        Case(
            "placeholders and roles reject a row where the settings say so",
            judged(
                {"email": "n", "email_settled": True, "email_code": "email_placeholder",
                 "address": "n", "phone": "1", "phone_settled": True, "e164": "+1"},
                {"email": "r", "email_settled": True, "email_code": "email_role", "address": "r"},
                {"email": "a", "email_settled": True, "address": "a"},
            )
            | {"rules": RULES},
            of(
                "rejection",
                ({"code": "email_placeholder", "field": "email", "raw": "n"},),
                ({"code": "email_role", "field": "email", "raw": "r"},),
                (None,),
            ),
        ),
    ],
}  # fmt: skip
