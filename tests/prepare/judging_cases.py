"""Tidied rows to ``valid_contacts``: each relation by itself, in the order in which they run."""

from typing import Any

from tests.prepare.relations import Case, Table, of

NO_KEY: dict[str, Any] = {"code": "key_missing", "field": "key", "raw": None}
UNSETTLED = "?"

RULES = of("placeholders_reject roles_reject roles_warn", (True, True, True))
LENIENT = of("placeholders_reject roles_reject roles_warn", (False, False, False))
PLACES = of(
    "location_raw location_known enabled match_email match_phone match region"
    " international_prefix home_scope",
    ("", False, False, True, True, "email,phone", None, None, None),
    ("l", True, True, True, True, "email,phone", "DE", "00", "DE"),
)  # fmt: skip
LANDS = of(
    "country_raw country guessed international_prefix home_scope",
    ("", None, False, None, None), ("usa", "US", False, "011", "US"),
    ("Kazakstan", "KZ", True, "810", "KZ"),
)  # fmt: skip
CODES = of("start scope", ("", None), ("497", "+49"), ("165", "+1"), ("000", None))
SCOPED = "phone region international_prefix home_scope"
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
    "located_contacts": [
        Case(
            "a phone is read in the row's own country, else in the location's",
            {
                "named_contacts": of(
                    "source_key location_id country",
                    ("1", "l", None), ("2", "l", "usa"), ("3", None, None), ("4", "l", "Kazakstan"),
                ),
                "written_locations": PLACES,
                "written_countries": LANDS,
            },
            of(
                "source_key location_known country_code region international_prefix home_scope"
                " country_guessed",
                ("1", True, None, "DE", "00", "DE", False),
                ("2", True, "US", "US", "011", "US", False),
                ("3", False, None, "", None, None, False),
                ("4", True, "KZ", "KZ", "810", "KZ", True),
            ),
        )
    ],
    "scoped_contacts": [
        Case(
            "digits in the scope that they are dialled in, named by length and first two",
            {
                "calling_codes": CODES,
                "located_contacts": of(
                    SCOPED,
                    ("0711 284-2222", "DE", "00", "DE"), ("+49 711 2842222", "US", "011", "US"),
                    ("0049 711 2842222", "DE", "00", "DE"),
                    ("011 1 650 2530000", "US", "011", "US"),
                    ("(0711) 2842222 ext. 5", "DE", "00", "DE"),
                ),
            },
            of(
                "phone number plan_part has_extension",
                ("0711 284-2222", "07112842222", "DEK07", False),
                ("+49 711 2842222", "7112842222", "+49J71", False),
                ("0049 711 2842222", "7112842222", "+49J71", False),
                ("011 1 650 2530000", "6502530000", "+1J65", False),
                ("(0711) 2842222 ext. 5", "07112842222", "DEK07", True),
            ),
        ),
        Case(
            "all else is for the library",
            {
                "calling_codes": CODES,
                "located_contacts": of(
                    SCOPED,
                    ("0711 2842222 / 0171 1", "DE", "00", "DE"),
                    ("1-800-FLOWERS", "US", "011", "US"),
                    ("7112842222.0", "DE", "00", "DE"), ("0711 2842222", "", None, None),
                    ("0000 711 2842222", "DE", "00", "DE"), (None, "DE", "00", "DE"),
                ),
            },
            of("plan_part", ("",), ("",), ("",), ("",), ("DEN00",), ("",)),
        ),
    ],
    "phone_parts": [
        Case(
            "counted, less those that no part has",
            {
                "scoped_contacts": of(
                    "source_key plan_part", ("1", "DEK07"), ("2", "DEK07"), ("3", "+1J65"),
                    ("4", "")
                )
            },
            of("plan_part phones", ("DEK07", 2), ("+1J65", 1)),
            {"highest": 2**64 - 1},
        ),
        Case(
            "in a sample by the hash of the key",
            {"scoped_contacts": of("source_key plan_part", ("1", "DEK07"))},
            [],
            {"highest": 0},
        ),
    ],
    "dialled_contacts": [
        Case(
            "a beginning gives the whole number, or is unusable",
            {
                "phone_depths": of("plan_part depth", ("", None), ("DEK07", 4)),
                "phone_starts": of(
                    "start e164", ("", UNSETTLED), ("DEK0711", "+49711"), ("DEK0712", UNSETTLED)
                ),
                "scoped_contacts": of(
                    "number plan_part", ("07112842222", "DEK07"), ("07002842222", "DEK07")
                ),
            },
            of("phone_settled e164", (True, "+497112842222"), (True, None)),
        ),
        Case(
            "a number is left open by its beginning, by its part, or for having none",
            {
                "phone_depths": of("plan_part depth", ("", None), ("DEK07", 4)),
                "phone_starts": of("start e164", ("", UNSETTLED), ("DEK0712", UNSETTLED)),
                "scoped_contacts": of(
                    "number plan_part", ("07122842222", "DEK07"), ("6502530000", "USJ65"),
                    (None, "")
                ),
            },
            of("phone_settled", (False,), (False,), (False,)),
        ),
    ],
    "addressed_contacts": [
        Case(
            "one plain address is settled, bare or wrapped, and so is none at all",
            {
                "dialled_contacts": of(
                    "email",
                    ("Anna@X.org",), ("Anna Berg <anna@x.org>",), ("mailto:anna@x.org",),
                    ("anna@x.org.",),
                    ("none@none.com",), ("info@x.org",), ("anna",), (None,),
                )
            },
            of(
                "email email_settled address email_code",
                ("Anna@X.org", True, "anna@x.org", None),
                ("Anna Berg <anna@x.org>", True, "anna@x.org", None),
                ("mailto:anna@x.org", True, "anna@x.org", None),
                ("anna@x.org.", True, "anna@x.org", None),
                ("none@none.com", True, "none@none.com", "email_placeholder"),
                ("info@x.org", True, "info@x.org", "email_role"),
                ("anna", True, None, "email_invalid"),
                (None, None, None, None),
            ),
        ),
        Case(
            "all else is for the library",
            {
                "dialled_contacts": of(
                    "email",
                    ("anna@müller.de",), ("a@x.org; b@x.org",), ("A <a@x.org>, b@x.org",),
                    ("a@xn--mller-kva.de",), ("a@x.test",), ("a..b@x.org",), ("a@x",),
                )
            },
            of("email_settled address", *[(False, None)] * 7),
        ),
    ],
    "described_contacts": [
        Case(
            "beside what the lookups know, where nothing is a value too",
            {
                "addressed_contacts": of(
                    "source_key date_of_birth timezone tags",
                    ("1", "3 May 1990", "cet", "A"), ("2", None, None, None),
                    (None, None, None, None),
                ),
                "resolved_dates": of(
                    "date_raw birthday codes", ("3 May 1990", "1990-05-03", []), ("", None, [])
                ),
                "written_timezones": of("timezone_raw zone", ("cet", "CET"), ("", None)),
                "written_tags": of("tags_raw labels", ("A", ["a"]), ("", None)),
                "repeated_keys": of("source_key", ("2",)),
            },
            of(
                "source_key birthday iana_zone labels key_repeated",
                ("1", "1990-05-03", "CET", ["a"], False), ("2", None, None, None, True),
                (None, None, None, None, False),
            ),
        )
    ],
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
                    "website", ("HTTPS://X.org/A",), ("x.org",), ("a@x.org",), ("ftp://x.org",)
                )
            },
            of("url", ("https://x.org/A",), ("x.org",), (None,), (None,)),
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
