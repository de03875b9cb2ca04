"""The relations that decide who is one person, each by itself: small tables in and out."""

from importlib.resources import files

import pytest

from contacts_pipeline.prepare.validate import PACKAGE
from tests.prepare.relations import Case, of, rows_of

BOTH = of("location_id match_email match_phone", ("l", True, True))
PHONES = of("location_id match_email match_phone", ("l", False, True))
EMAILS = of("location_id match_email match_phone", ("l", True, False))
PEOPLE = "location_id source_key email phone"
PAIR = "location_id phone first_email last_email"
KEYS = "source_key identity_key joined_by hold"
NEVER = {"code": "x", "field": "y", "raw": None}

CASES: dict[str, list[Case]] = {
    "matching_locations": [
        Case(
            "whatever the order",
            {"crm_locations": of("location_id match", ("a", "phone,email"), ("b", "email"))},
            of("location_id match_email match_phone", ("a", True, True), ("b", True, False)),
        )
    ],
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
    "phone_emails": [
        Case(
            "no email, one email, several emails",
            {
                "matching_locations": BOTH,
                "valid_contacts": of(
                    PEOPLE,
                    ("l", "1", None, "1"),
                    ("l", "2", None, "2"), ("l", "3", "a", "2"),
                    ("l", "4", None, "3"), ("l", "5", "a", "3"), ("l", "6", "b", "3"),
                ),
            },
            of(PAIR, ("l", "1", None, None), ("l", "2", "a", "a"), ("l", "3", "a", "b")),
        ),
        Case(
            "a phone on which no row leans decides nothing",
            {
                "matching_locations": BOTH,
                "valid_contacts": of(PEOPLE, ("l", "1", "a", "1"), ("l", "2", "b", "1")),
            },
            [],
        ),
        Case(
            "where phones alone match every phone decides",
            {"matching_locations": PHONES, "valid_contacts": of(PEOPLE, ("l", "1", "a", "1"))},
            of(PAIR, ("l", "1", "a", "a")),
        ),
        Case(
            "rejected rows take no part",
            {
                "matching_locations": BOTH,
                "valid_contacts": of(f"{PEOPLE} rejection", ("l", "1", None, "1", NEVER)),
            },
            [],
        ),
    ],
    "keyed_by_value": [
        Case(
            "the email decides; without one the one email of the phone; else the phone",
            {
                "matching_locations": BOTH,
                "phone_emails": of(
                    PAIR, ("l", "1", "a", "a"), ("l", "2", "a", "b"), ("l", "3", None, None)
                ),
                "valid_contacts": of(
                    PEOPLE,
                    ("l", "1", "a", "2"), ("l", "2", None, "1"), ("l", "3", None, "2"),
                    ("l", "4", None, "3"),
                ),
            },
            of(
                KEYS,
                ("1", "email a", "same_email", None),
                ("2", "email a", "joined_by_phone", None),
                ("3", "phone 2", "same_phone", "ambiguous_match"),
                ("4", "phone 3", "same_phone", None),
            ),
        ),
        Case(
            "by phone alone, apart where emails differ, and nothing is held",
            {
                "matching_locations": PHONES,
                "phone_emails": of(PAIR, ("l", "1", "a", "a"), ("l", "2", "a", "b")),
                "valid_contacts": of(
                    PEOPLE, ("l", "1", "a", "1"), ("l", "2", None, "1"), ("l", "3", "a", "2"),
                    ("l", "4", None, "2")
                ),
            },
            of(
                KEYS,
                ("1", "phone 1", "same_phone", None),
                ("2", "phone 1", "same_phone", None),
                ("3", "phone 2 email a", "same_phone", None),
                ("4", "phone 2 email ", "same_phone", None),
            ),
        ),
    ],
    "contact_links": [
        Case(
            "each pair once, where both match",
            {
                "matching_locations": BOTH,
                "valid_contacts": of(
                    PEOPLE, ("l", "1", "a", "1"), ("l", "2", "a", "1"), ("l", "3", "a", None),
                    ("m", "4", "a", "1")
                ),
            },
            of("location_id email phone", ("l", "a", "1")),
        ),
        Case(
            "never where one of them does not match",
            {"matching_locations": EMAILS, "valid_contacts": of(PEOPLE, ("l", "1", "a", "1"))},
            [],
        ),
    ],
    "link_nodes": [
        Case(
            "a value shared by two links is one node",
            {"contact_links": of("location_id email phone", ("l", "a", "1"), ("l", "b", "1"))},
            of("location_id email phone", ("l", "a", None), ("l", "b", None), ("l", None, "1")),
        )
    ],
    "link_edges": [
        Case(
            "by number, location by location",
            {
                "contact_links": of("location_id email phone", ("l", "a", "1"), ("m", "a", "1")),
                "link_nodes": of(
                    "location_id email phone node",
                    ("l", "a", None, 0), ("l", None, "1", 1), ("m", "a", None, 2),
                    ("m", None, "1", 3),
                ),
            },
            of("email_node phone_node", (0, 1), (2, 3)),
        )
    ],
    "keyed_by_link": [
        Case(
            "a label where there is one, else the value itself",
            {
                "matching_locations": BOTH,
                "link_labels": of(
                    "location_id email phone label", ("l", "a", None, 7), ("l", None, "1", 7)
                ),
                "valid_contacts": of(
                    PEOPLE, ("l", "1", "a", None), ("l", "2", None, "1"), ("l", "3", "b", None),
                    ("l", "4", None, "2")
                ),
            },
            of(
                KEYS,
                ("1", "linked 7", "linked", None),
                ("2", "linked 7", "linked", None),
                ("3", "email b", "same_email", None),
                ("4", "phone 2", "same_phone", None),
            ),
        )
    ],
    "survivors": [
        Case(
            "newest needs no word",
            {
                "other_rules": [],
                "merged_members": of("location_id identity_key age phone", ("l", "i", 1, "1")),
            },
            [],
        ),
        Case(
            "most frequent, then the newer",
            {
                "other_rules": of("field rule", ("phone", "most_frequent"), ("name", "longest")),
                "merged_members": of(
                    "location_id identity_key age source_rank phone name_text",
                    ("l", "i", 1, 1, "3", "A"), ("l", "i", 2, 1, "1", "AAA"),
                    ("l", "i", 3, 1, "2", None),
                    ("l", "i", 4, 1, "2", "BBB"), ("l", "i", 5, 1, "1", "B"),
                ),
            },
            of("field age", ("phone", 2), ("name", 2)),
        ),
        Case(
            "the better source, then the newer, of rows that have a value",
            {
                "other_rules": of(
                    "field rule", ("phone", "source_priority"), ("customFields.t", "longest")
                ),
                "merged_members": of(
                    "location_id identity_key age source_rank phone custom_fields",
                    ("l", "i", 1, 3, "1", [("t", "x"), ("u", "long")]),
                    ("l", "i", 2, 1, None, None),
                    ("l", "i", 3, 2, "3", [("t", "xx")]), ("l", "i", 4, 2, "4", [("t", "xx")]),
                ),
            },
            of("field age", ("phone", 3), ("customFields.t", 3)),
        ),
    ],
    "survivor_ages": [
        Case(
            "a line an identity",
            {
                "survivors": of(
                    "location_id identity_key field age",
                    ("l", "i", "phone", 2), ("l", "i", "name", 3), ("l", "j", "companyName", 4),
                )
            },
            of(
                "identity_key phone_from name_from company_name_from",
                ("i", 2, 3, None), ("j", None, None, 4),
            ),
        )
    ],
    "merged_custom_fields": [
        Case(
            "key by key, the newest unless another row was chosen",
            {
                "survivors": of(
                    "location_id identity_key field age", ("l", "i", "customFields.t", 2)
                ),
                "merged_members": of(
                    "location_id identity_key age custom_fields",
                    ("l", "i", 1, [("t", "a"), ("u", "c")]), ("l", "i", 2, [("t", "b")]),
                    ("l", "i", 3, None),
                ),
            },
            [
                {
                    "identity_key": "i",
                    "custom_fields": [("t", "b"), ("u", "c")],
                    "choices": [{"key": "t", "age": 2}],
                }
            ],
        )
    ],
}  # fmt: skip

TOLD_WHOLE = {
    "repeated_identities", "merged_members", "ranked_members", "merged_choices", "merged_contacts",
    "single_contacts", "unique_contacts",
}  # fmt: skip
"""Told case by case in ``test_unique_contacts`` and ``test_survivorship``."""

TOLD_BY_FIELD = {
    "addressed_contacts", "described_contacts", "dialled_contacts", "dialled_regions",
    "judged_contacts", "located_contacts", "named_contacts", "phone_parts", "resolved_countries",
    "resolved_locations", "scoped_contacts", "tidied_contacts", "valid_contacts",
    "written_countries", "written_dates", "written_locations", "written_tags", "written_timezones",
}  # fmt: skip
"""Told field by field in ``test_valid_contacts``, ``test_names`` and ``test_phone_tables``."""


@pytest.mark.parametrize(
    ("relation", "case"),
    [(relation, case) for relation, cases in CASES.items() for case in cases],
    ids=lambda part: part.told if isinstance(part, Case) else part,
)
def test_relation(relation: str, case: Case) -> None:
    columns = list(case.gives[0]) if case.gives else []
    found = rows_of(relation, case.given, columns)
    assert sorted(map(repr, found)) == sorted(map(repr, case.gives))


def test_every_relation_has_its_cases() -> None:
    relations = {
        file.name.removesuffix(".sql")
        for file in files(PACKAGE).iterdir()
        if file.name.endswith(".sql") and file.name != "macros.sql"
    }
    assert relations == CASES.keys() | TOLD_WHOLE | TOLD_BY_FIELD
    assert not CASES.keys() & (TOLD_WHOLE | TOLD_BY_FIELD)
