"""Tidied rows, and the lookups of what they say: each relation by itself, in the order of use."""

from tests.prepare.relations import Case, of

SPLIT, KEPT = (of("names_split", (whole,)) for whole in (True, False))

LOOKUPS: dict[str, list[Case]] = {
    "repeated_keys": [
        Case(
            "over all locations",
            {
                "warehouse_contacts": of(
                    "location_id source_key", ("l", "1"), ("m", "1"), ("l", "2")
                )
            },
            of("source_key", ("1",)),
        ),
        Case(
            "as text",
            {"warehouse_contacts": of("source_key", ("1",), ("01",), (None,))},
            [],
        ),
    ],
    "resolved_countries": [
        Case(
            "codes and names, whatever their accents, marks and order",
            {
                "crm_locations": of("country", ("DE",)),
                "warehouse_contacts": of(
                    "country", ("côte d'ivoire",), ("Congo, Republic of the",), ("The Gambia",),
                    (None,), ("",)
                ),
                "country_names": of(
                    "name code is_foreign",
                    ("DE", "DE", False), ("Cote d'Ivoire", "CI", False), ("Gambia", "GM", False),
                    ("Republic of the Congo", "CG", False),
                ),
            },
            of(
                "country_raw country guessed",
                ("DE", "DE", False), ("côte d'ivoire", "CI", False), ("The Gambia", "GM", False),
                ("Congo, Republic of the", "CG", False),
            ),
        ),
        Case(
            "one letter off is a guess, where no other country is near",
            {
                "crm_locations": [],
                "warehouse_contacts": of("country", ("Runion",), ("Slovania",), ("Slovenija",)),
                "country_names": of(
                    "name code is_foreign", ("Réunion", "RE", False), ("Slovenia", "SI", False),
                    ("Slovakia", "SK", False),
                ),
            },
            of(
                "country_raw country guessed",
                ("Runion", "RE", True), ("Slovania", None, False), ("Slovenija", "SI", True),
            ),
        ),
        Case(
            "English comes before other languages, and two meanings are none",
            {
                "crm_locations": [],
                "warehouse_contacts": of("country", ("India",), ("Korea",)),
                "country_names": of(
                    "name code is_foreign", ("India", "IN", False), ("India", "ID", True),
                    ("Korea", "KR", True), ("Korea", "KP", True),
                ),
            },
            of("country_raw country", ("India", "IN"), ("Korea", None)),
        ),
    ],
    "resolved_locations": [
        Case(
            "with the region of their country, where it has one",
            {
                "crm_locations": of(
                    "location_id enabled country match",
                    ("a", True, "Germany", "phone,email"), ("b", False, None, "email"),
                ),
                "resolved_countries": of("country_raw country guessed", ("Germany", "DE", False)),
            },
            of(
                "location_id enabled region match match_email match_phone",
                ("a", True, "DE", "phone,email", True, True),
                ("b", False, None, "email", True, False),
            ),
        )
    ],
    "dialled_regions": [
        Case(
            "of rows and of locations, each once",
            {
                "resolved_countries": of(
                    "country_raw country guessed",
                    ("DE", "DE", False), ("Germany", "DE", False), ("Neverland", None, False),
                ),
                "resolved_locations": of("location_id region", ("a", "US"), ("b", None),
                ("c", "DE")),
            },
            of("region", ("DE",), ("US",)),
        )
    ],
    "tidied_contacts": [
        Case(
            "blanks, direction marks and soft hyphens go, joiners between letters stay",
            {
                "warehouse_contacts": of(
                    "first_name last_name city",
                    (" Anna\t Maria ", "\u202aBerg\u202c", "Mu\u0308n\u00adchen"),
                    ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\ufeff", "a\u00a0\u2003b"),
                )
            },
            of(
                "first_name last_name city",
                ("Anna Maria", "Berg", "München"),
                ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", None, "a b"),
            ),
        ),
        Case(
            "stand-ins for nothing are null, but Null and None are surnames",
            {
                "warehouse_contacts": of(
                    "last_name email phone country date_of_birth",
                    ("Null", "null", "n/a", "-", "NaN"), ("N/A", "(null)", "?", "#N/A", "none"),
                    ("-", ".", "---", " nil ", "  "),
                )
            },
            of(
                "last_name email phone country date_of_birth",
                ("Null", None, None, None, None), (None, None, None, None, None),
                (None, None, None, None, None),
            ),
        ),
        Case(
            "lines of a phone stay apart",
            {"warehouse_contacts": of("phone", ("0711 1\r\n0171 2\n",), ("0711\t1",))},
            of("phone", ("0711 1 / 0171 2",), ("0711 1",)),
        ),
    ],
    "named_contacts": [
        Case(
            "a full name is split where both parts are empty",
            {
                "rules": SPLIT,
                "tidied_contacts": of(
                    "first_name last_name name",
                    (None, None, "Berg, Anna"), ("Ann", None, "Anna Berg"), (None, None, "Madonna"),
                ),
            },
            of(
                "first_name last_name name",
                ("Anna", "Berg", None), ("Ann", None, "Anna Berg"), (None, None, "Madonna"),
            ),
        ),
        Case(
            "and never where the settings keep it",
            {"rules": KEPT, "tidied_contacts": of("name", ("Anna Berg",))},
            of("first_name last_name name", (None, None, "Anna Berg")),
        ),
    ],
    "written_locations": [
        Case(
            "every way a row names its location is known, also none",
            {
                "warehouse_contacts": of("location_id", ("l",), ("l",), ("gone",), (None,)),
                "resolved_locations": of(
                    "location_id enabled match match_email match_phone region",
                    ("l", True, "phone", False, True, "DE"), ("", True, "email", True, False, "US"),
                ),
                "phone_regions": of("region international_prefix", ("DE", "00")),
            },
            of(
                "location_raw location_known enabled match_email match_phone region"
                " international_prefix home_scope",
                ("l", True, True, False, True, "DE", "00", "DE"),
                ("gone", False, False, True, True, None, None, None),
                ("", False, False, True, True, None, None, None),
            ),
        )
    ],
    "written_countries": [
        Case(
            "with how numbers are dialled there, and none",
            {
                "resolved_countries": of(
                    "country_raw country guessed", ("usa", "US", False), ("Neverland", None, False)
                ),
                "phone_regions": of("region international_prefix", ("US", "011")),
            },
            of(
                "country_raw country guessed international_prefix home_scope",
                ("usa", "US", False, "011", "US"), ("Neverland", None, False, None, None),
                ("", None, False, None, None),
            ),
        )
    ],
    "written_timezones": [
        Case(
            "in any case, and none",
            {
                "warehouse_contacts": of("timezone", ("Europe/BERLIN",), ("Mars",), (None,)),
                "timezone_names": of("name zone", ("europe/berlin", "Europe/Berlin")),
            },
            of("timezone_raw zone", ("Europe/BERLIN", "Europe/Berlin"), ("Mars", None), ("", None)),
        )
    ],
    "written_dates": [
        Case(
            "each once, and none",
            {"warehouse_contacts": of("date_of_birth", ("1990",), ("1990",), (None,))},
            of("date_raw", ("1990",), ("",)),
        )
    ],
    "written_tags": [
        Case(
            "lower-cased, sorted, each once",
            {"warehouse_contacts": of("tags", ("VIP, lead ,vip",), (" , ",), ("n/a",), (None,))},
            of(
                "tags_raw labels",
                ("VIP, lead ,vip", ["lead", "vip"]), (" , ", None), ("n/a", None), ("", None),
            ),
        ),
        Case(
            "as lists are written by JSON, Python, PostgreSQL, DuckDB, spreadsheets and people",
            {
                "warehouse_contacts": of(
                    "tags",
                    ('["a, b", "c", null]',), ("['a, b', 'c']",), ('{"a, b",c}',), ("[a, c]",),
                    ('"a, b", c',), ("a\nc",), ("[]",),
                )
            },
            of(
                "tags_raw labels",
                ('["a, b", "c", null]', ["a, b", "c"]), ("['a, b', 'c']", ["a, b", "c"]),
                ('{"a, b",c}', ["a, b", "c"]), ("[a, c]", ["a", "c"]), ('"a, b", c', ["a, b", "c"]),
                ("a\nc", ["a", "c"]), ("[]", None),
            ),
        ),
        Case(
            "quotes inside a tag are its own",
            {"warehouse_contacts": of("tags", ("it's, O'Brien's",), ('5" pipe, b',))},
            of(
                "tags_raw labels",
                ("it's, O'Brien's", ["it's", "o'brien's"]), ('5" pipe, b', ['5" pipe', "b"]),
            ),
        ),
    ],
}  # fmt: skip
