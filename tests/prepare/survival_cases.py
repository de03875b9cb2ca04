"""Whose value survives, and why: each relation by itself, in the order in which they run."""

from typing import Any

from tests.prepare.relations import SURVIVING, Case, Table, of

MEMBER = "location_id identity age source_key"
BREAK = chr(31)


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


SURVIVAL: dict[str, list[Case]] = {
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
}  # fmt: skip
