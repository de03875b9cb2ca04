"""Tidied rows to what their texts mean: each relation by itself, in the order in which they run."""

from tests.prepare.relations import Case, of

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

READING: dict[str, list[Case]] = {
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
                    ("7112842222.00", "DE", "00", "DE"), ("0711 2842222", "", None, None),
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
}  # fmt: skip
