"""What each relation of ``unique_contacts`` does by itself, in the order in which they run."""

from typing import Any

import duckdb

from tests.prepare.relations import SURVIVING, Case, Table, of
from tests.prepare.tables import at

BOTH = of("location_id match_email match_phone", ("l", True, True))
PHONES = of("location_id match_email match_phone", ("l", False, True))
EMAILS = of("location_id match_email match_phone", ("l", True, False))
PEOPLE = "location_id source_key email phone"
PAIR = "location_id phone first_email last_email"
KEYS = "source_key identity_key joined_by hold"
NEVER = {"code": "x", "field": "y", "raw": None}
MEMBER = "location_id identity age source_key"
BREAK = chr(31)


def repeated(*identities: tuple[str, str]) -> Table:
    """``repeated_identities`` of locations and keys; hashes differ between versions."""
    found = [duckdb.execute("select hash(?, ?)", each).fetchone() for each in identities]
    return of("key_hash", *(row for row in found if row))


def ranked(*rows: dict[str, Any]) -> Table:
    """Members of one identity, the newest first, each field's rank its row's age."""
    return [
        {
            "location_id": "l",
            "identity": "i",
            "source_key": str(age),
            "age": age,
            **{f"{field}_rank": age for field in SURVIVING[2:]},
            **row,
        }
        for age, row in enumerate(rows, 1)
    ]


def member(age: int, key: str, **more: Any) -> dict[str, Any]:
    """A member as ``merged_choices`` lists it, joined by its email."""
    told = {"joined_by": "same_email", "joined_on": "a", "blocks": None, "has_tags": False}
    return {"age": age, "source_key": key, **told, **more}


IDENTITY: dict[str, list[Case]] = {
    "matching_locations": [
        Case(
            "whatever the order",
            {"crm_locations": of("location_id match", ("a", "phone,email"), ("b", "email"))},
            of("location_id match_email match_phone", ("a", True, True), ("b", True, False)),
        )
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
    "repeated_identities": [
        Case(
            "of two rows or more, location by location",
            {
                "keyed_contacts": of(
                    "location_id identity_key", ("l", "a"), ("l", "a"), ("l", "b"), ("m", "b")
                )
            },
            repeated(("l", "a")),
        )
    ],
    "single_contacts": [
        Case(
            "as they are, with nothing to explain",
            {
                "keyed_contacts": of(
                    "source_key location_id identity_key city hold",
                    ("1", "l", "a", "Bonn", None), ("2", "l", "b", None, "ambiguous_match"),
                    ("3", "l", "c", None, None), ("4", "l", "c", None, None),
                ),
                "identity_members": of("source_key identity age", ("3", "3", 1), ("4", "3", 2)),
            },
            of(
                "identity source_keys city hold reasons",
                ("1", ["1"], "Bonn", None, []), ("2", ["2"], None, "ambiguous_match", []),
            ),
        )
    ],
    "identity_members": [
        Case(
            "the newest first, no time last, ties to the smallest key as text",
            {
                "repeated_identities": repeated(("l", "a")),
                "keyed_contacts": of(
                    "source_key location_id identity_key updated_at",
                    ("1", "l", "a", None), ("9", "l", "a", at(1)), ("10", "l", "a", at(1)),
                    ("2", "l", "a", at(2)), ("3", "l", "b", at(3)),
                ),
            },
            of(
                "source_key identity age",
                ("2", "1", 1), ("10", "1", 2), ("9", "1", 3), ("1", "1", 4),
            ),
        ),
        Case(
            "a hash that is there by chance makes nobody one",
            {
                "repeated_identities": repeated(("l", "a"), ("m", "a")),
                "keyed_contacts": of(
                    "source_key location_id identity_key", ("1", "l", "a"), ("2", "m", "a")
                ),
            },
            [],
        ),
    ],
    "shared_members": [
        Case(
            "the source that is believed first, whatever its case; an identity is in one part",
            {
                "merging": of("parts part", (1, 0)),
                "survivorship": of("sources", (["erp", "shop"],)),
                "identity_members": of(
                    "source_key identity age", ("1", "1", 1), ("2", "1", 2), ("3", "1", 3)
                ),
                "keyed_contacts": of(
                    "source_key origin", ("1", "Shop"), ("2", "ERP"), ("3", "web"), ("4", None)
                ),
            },
            of(
                "source_key identity age origin_rank part",
                ("1", "1", 1, 2, 0), ("2", "1", 2, 1, 0), ("3", "1", 3, 3, 0),
            ),
        ),
        Case(
            "what survives together is one text; what may not be sent to is told",
            {
                "merging": of("parts part", (1, 0)),
                "survivorship": of("sources", ([],)),
                "identity_members": of("source_key identity age", ("1", "1", 1), ("2", "1", 2)),
                "keyed_contacts": of(
                    "source_key first_name last_name city country dnd dnd_sms",
                    ("1", "Anna", "Berg", None, "DE", True, True),
                    ("2", None, None, None, None, False, None),
                ),
            },
            of(
                "name_text address_text blocks",
                (BREAK.join(("Anna", "Berg", "")), BREAK.join(("", "", "", "", "DE")), "all, SMS"),
                (None, None, None),
            ),
        ),
    ],
    "merged_members": [
        Case(
            "a part at a time",
            {
                "merging": of("parts part", (2, 1)),
                "shared_members": of("source_key part", ("1", 0), ("2", 1)),
            },
            of("source_key", ("2",)),
        )
    ],
    "survivors": [
        Case(
            "newest needs no word",
            {
                "other_rules": [],
                "merged_members": of("identity age phone", ("i", 1, "1")),
            },
            [],
        ),
        Case(
            "most frequent, then the newer",
            {
                "other_rules": of("field rule", ("phone", "most_frequent"), ("name", "longest")),
                "merged_members": of(
                    "identity age origin_rank phone name_text",
                    ("i", 1, 1, "3", "A"), ("i", 2, 1, "1", "AAA"), ("i", 3, 1, "2", None),
                    ("i", 4, 1, "2", "BBB"), ("i", 5, 1, "1", "B"),
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
                    "identity age origin_rank phone custom_fields",
                    ("i", 1, 3, "1", [("t", "x"), ("u", "long")]), ("i", 2, 1, None, None),
                    ("i", 3, 2, "3", [("t", "xx")]), ("i", 4, 2, "4", [("t", "xx")]),
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
                    "identity field age",
                    ("i", "phone", 2), ("i", "name", 3), ("j", "companyName", 4),
                )
            },
            of(
                "identity phone_from name_from company_name_from",
                ("i", 2, 3, None), ("j", None, None, 4),
            ),
        )
    ],
    "ranked_members": [
        Case(
            "by age, but first the row that another rule has chosen",
            {
                "survivor_ages": of("identity phone_from name_from", ("i", 2, None)),
                "merged_members": of(
                    f"{MEMBER} name_text", ("l", "i", 1, "a", "A"), ("l", "i", 2, "b", None)
                ),
            },
            of(
                "source_key phone_rank website_rank name_rank", ("a", 1, 1, 1), ("b", 0, 2, None)
            ),
        )
    ],
    "merged_custom_fields": [
        Case(
            "key by key, the newest unless another row was chosen",
            {
                "survivors": of("identity field age", ("i", "customFields.t", 2)),
                "merged_members": of(
                    "identity age custom_fields",
                    ("i", 1, [("t", "a"), ("u", "c")]), ("i", 2, [("t", "b")]), ("i", 3, None),
                ),
            },
            [
                {
                    "identity": "i",
                    "custom_fields": [("t", "b"), ("u", "c")],
                    "choices": [{"key": "t", "age": 2}],
                }
            ],
        )
    ],
    "merged_choices": [
        Case(
            "each field of the smallest rank that has a value; what survives together from one row",
            {"ranked_members": ranked(
                {"first_name": "Ann", "name_text": "Ann", "name_rank": 1, "email": "a"},
                {"first_name": "Anna", "last_name": "Berg", "name_text": "Anna Berg",
                 "name_rank": 2, "email": "a", "website": "x.org", "phone": "2"},
                {"email": "a", "phone": "1", "phone_rank": 0, "hold": "ambiguous_match"},
            )},
            of(
                "first_name last_name name_age name_chosen phone phone_age phone_chosen website"
                " website_chosen email_chosen hold",
                ("Ann", None, 1, True, "1", 3, True, "x.org", False, False, "ambiguous_match"),
            ),
        ),
        Case(
            "do-not-disturb is the strictest, tags are the union",
            {"ranked_members": ranked(
                {"dnd": False, "dnd_sms": True, "blocks": "SMS", "tags": ["b"]},
                {"dnd": True, "dnd_sms": False, "blocks": "all", "tags": ["a", "b"]},
                {},
            )},
            of(
                "dnd dnd_sms dnd_call dnd_chosen tags tags_chosen",
                (True, True, None, True, ["a", "b"], True),
            ),
        ),
        Case(
            "members are told newest first, with what they were joined on",
            {"ranked_members": ranked(
                {"joined_by": "same_email", "email": "a", "tags": ["t"]},
                {"joined_by": "joined_by_phone", "phone": "1", "blocks": "all"},
            )},
            [
                {
                    "members": [
                        member(1, "1", has_tags=True),
                        member(2, "2", joined_by="joined_by_phone", joined_on="1", blocks="all"),
                    ]
                }
            ],
        ),
    ],
    "merged_contacts": [
        Case(
            "why each row is here, and where each value comes from that had a choice",
            {
                "survivorship": of(
                    "phone website custom_rules", ("longest", "newest", [("t", "most_frequent")])
                ),
                "merged_custom_fields": of(
                    "identity custom_fields choices",
                    ("1", [("t", "x")], [{"key": "t", "age": 2}]),
                ),
                "merged_choices": [
                    {
                        "location_id": "l", "identity": "1", "phone": "12", "website": "x.org",
                        "members": [member(1, "9", blocks="SMS"), member(2, "1", has_tags=True)],
                        "phone_age": 2, "phone_chosen": True, "website_age": 1,
                        "website_chosen": False, "dnd_chosen": True, "tags_chosen": True,
                    }
                ],
            },
            [
                {
                    "identity": "1", "source_keys": ["1", "9"], "phone": "12",
                    "custom_fields": [("t", "x")],
                    "reasons": of(
                        "source_key code field detail",
                        ("1", "same_email", "email", "a"), ("9", "same_email", "email", "a"),
                        ("1", "longest", "phone", None),
                        ("1", "most_frequent", "customFields.t", None),
                        ("9", "any_true", "dnd", "SMS"), ("1", "union", "tags", None),
                    ),
                }
            ],
        ),
        Case(
            "a whole name gives way to its parts",
            {
                "survivorship": of("sources", ([],)),
                "merged_custom_fields": [],
                "merged_choices": of(
                    "location_id identity first_name name members",
                    ("l", "i", "Anna", "Anna Berg", [member(1, "1"), member(2, "2")]),
                    ("l", "j", None, "Madonna", [member(1, "3"), member(2, "4")]),
                ),
            },
            of("first_name name", ("Anna", None), (None, "Madonna")),
        ),
    ],
    "unique_contacts": [
        Case(
            "singles and merged ones, by location and identity",
            {
                "single_contacts": of("location_id identity", ("m", "1"), ("l", "2")),
                "merged_contacts": of("location_id identity hold", ("l", "1", "ambiguous_match")),
            },
            of(
                "location_id identity hold",
                ("l", "1", "ambiguous_match"), ("l", "2", None), ("m", "1", None),
            ),
        )
    ],
}  # fmt: skip
