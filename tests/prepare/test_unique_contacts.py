"""Rules 1 to 4 of identity, case by case."""

from functools import lru_cache
from typing import Any

import pytest

from contacts_pipeline.settings import Settings
from tests.prepare.tables import LOCATIONS, Row, at, settings, unify, unique

P1, P2, P3 = "+497112842221", "+497112842222", "+497112842223"


def members(rows: list[Row], config: Settings | None = None) -> list[list[str]]:
    return [row["source_keys"] for row in unique(rows, config)]


def row(key: str, email: str | None = None, phone: str | None = None, **more: Any) -> Row:
    return {"source_key": key, "email": email, "phone": phone, **more}


CASES = [
    ("same email", [row("1", "a@x.org"), row("2", "A@X.org")], [["1", "2"]]),
    ("shared phone", [row("1", "a@x.org", P1), row("2", "b@x.org", P1)], [["1"], ["2"]]),
    ("no email, phone of one", [row("1", "a@x.org", P1), row("2", None, P1)], [["1", "2"]]),
    (
        "no email, phone of any member",
        [row("1", "a@x.org", P1), row("2", "a@x.org", P2), row("3", None, P1)],
        [["1", "2", "3"]],
    ),
    ("no email, phone of none", [row("1", None, P1), row("2", None, P1)], [["1", "2"]]),
    (
        "one phone, locations apart",
        [row("1", None, P1), row("2", None, P1, location_id="phones")],
        [["1"], ["2"]],
    ),
    (
        "by phone, one email",
        [row("1", "a@x.org", P1, location_id="phones"), row("2", None, P1, location_id="phones")],
        [["1", "2"]],
    ),
    (
        "by phone, several emails",
        [
            row("1", "a@x.org", P1, location_id="phones"),
            row("2", "b@x.org", P1, location_id="phones"),
            row("3", "b@x.org", P1, location_id="phones"),
            row("4", None, P1, location_id="phones"),
        ],
        [["1"], ["2", "3"], ["4"]],
    ),
    (
        "by email alone, the phone is ordinary",
        [
            row("1", "a@x.org", "+16502530000", location_id="emails"),
            row("2", "b@x.org", "+16502530000", location_id="emails"),
        ],
        [["1"], ["2"]],
    ),
]


@lru_cache
def unified_together() -> dict[str, list[list[str]]]:
    """All cases in one pass, each in locations of its own."""
    rows: list[Row] = []
    locations: dict[str, Row] = {}
    for name, case, _ in CASES:
        for one in case:
            place = next(
                each for each in LOCATIONS if each["location_id"] == one.get("location_id", "both")
            )
            own = f"{name}: {place['location_id']}"
            locations[own] = {**place, "location_id": own}
            rows.append({**one, "location_id": own, "source_key": f"{name}: {one['source_key']}"})
    found: dict[str, list[list[str]]] = {name: [] for name, _, _ in CASES}
    for one in unique(rows, locations=tuple(locations.values())):
        name = one["location_id"].partition(": ")[0]
        found[name].append([key.partition(": ")[2] for key in one["source_keys"]])
    return found


@pytest.mark.parametrize(("name", "expected"), [(case[0], case[2]) for case in CASES])
def test_identity(name: str, expected: list[list[str]]) -> None:
    assert sorted(unified_together()[name]) == expected


def test_a_phone_of_several_identities_holds_the_row_that_has_nothing_else() -> None:
    found = unique([row("1", "a@x.org", P1), row("2", "b@x.org", P1), row("3", None, P1)])
    assert [(one["identity"], one["hold"]) for one in found] == [
        ("1", None),
        ("2", None),
        ("3", "ambiguous_match"),
    ]


MERGE = settings(policy={"shared": "merge"})


def test_merge_follows_chains_of_emails_and_phones() -> None:
    chain = [row("1", "a@x.org", P1), row("2", "b@x.org", P1), row("3", "b@x.org", P2)]
    assert members([*chain, row("4", None, P2), row("5", None, P3)], MERGE) == [
        ["1", "2", "3", "4"],
        ["5"],
    ]
    assert unique(chain, MERGE)[0]["reasons"][0]["code"] == "linked"


def test_merge_takes_no_part_in_what_a_location_does_not_match_on() -> None:
    shared = [
        row("1", "a@x.org", "+16502530000", location_id="emails"),
        row("2", "b@x.org", "+16502530000", location_id="emails"),
    ]
    assert members(shared, MERGE) == [["1"], ["2"]]


def test_names_and_addresses_survive_together_and_other_fields_one_by_one() -> None:
    (one,) = unique(
        [
            row("1", "a@x.org", P1, first_name="Anna", last_name="Berg", city="Bonn",
                postal_code="53111", website="old.org", updated_at=at(1)),
            row("2", "a@x.org", P2, first_name="Ann", city="Köln", updated_at=at(2)),
            row("3", "a@x.org", None, updated_at=at(3)),
        ]
    )  # fmt: skip
    assert (one["first_name"], one["last_name"]) == ("Ann", None)
    assert (one["city"], one["postal_code"]) == ("Köln", None)
    assert (one["phone"], one["website"], one["updated_at"]) == (P2, "old.org", at(3))


def test_newest_wins_then_the_smallest_key_as_text_and_no_time_comes_last() -> None:
    rows = [
        row("10", "a@x.org", city="ten", updated_at=at(2)),
        row("9", "a@x.org", city="nine", updated_at=at(2)),
        row("1", "a@x.org", city="one"),
    ]
    (one,) = unique(rows)
    assert (one["city"], one["identity"]) == ("ten", "1")


def test_do_not_disturb_is_the_strictest_and_tags_are_the_union() -> None:
    (one,) = unique(
        [
            row("1", "a@x.org", dnd="yes", dnd_sms="no", tags="b", updated_at=at(1)),
            row("2", "a@x.org", dnd="no", tags="a,b", updated_at=at(2)),
        ]
    )
    assert (one["dnd"], one["dnd_sms"], one["dnd_call"], one["tags"]) == (
        True, False, None, ["a", "b"],
    )  # fmt: skip


def test_custom_fields_survive_one_by_one() -> None:
    (one,) = unique(
        [
            row("1", "a@x.org", custom_fields={"tier": "gold", "size": "1"}, updated_at=at(1)),
            row("2", "a@x.org", custom_fields={"tier": "lead"}, updated_at=at(2)),
        ]
    )
    assert one["custom_fields"] == {"size": "1", "tier": "lead"}


def test_reasons_tell_each_merge_and_each_choice() -> None:
    (one,) = unique(
        [
            row("1", "a@x.org", P1, city="Bonn", updated_at=at(1)),
            row("2", "a@x.org", None, city="Köln", updated_at=at(2)),
            row("3", None, P1),
        ]
    )
    assert [tuple(reason.values()) for reason in one["reasons"]] == [
        ("1", "same_email", "email", "a@x.org"),
        ("2", "same_email", "email", "a@x.org"),
        ("3", "joined_by_phone", "phone", P1),
        ("2", "newest", "address1", None),
    ]


def test_rejected_rows_take_no_part() -> None:
    assert members([row("1", "a@x.org"), row(" ", "a@x.org")]) == [["1"]]
    (single,) = unique([row("1", "a@x.org")])
    assert single["reasons"] == []


def test_merge_follows_a_chain_of_thousands_to_its_end() -> None:
    length = 5_000
    emails = [f"p{n * 7919 % length}@x.org" for n in range(length)]
    phones = [f"+4971128{n:05}" for n in range(length)]
    chain: list[Row] = []
    for n, email in enumerate(emails):
        chain.append(row(f"a{n}", email, phones[n]))
        chain.append(row(f"b{n}", email, phones[min(n + 1, length - 1)]))
    apart = row("z", "z@x.org", "+497119999999")
    found = unify([*chain[::-1], apart], MERGE)
    assert [len(one["source_keys"]) for one in found] == [2 * length, 1]
    found = unify([*chain[: length - 1], *chain[length + 1 :], apart], MERGE)
    assert sorted(len(one["source_keys"]) for one in found) == [1, length - 1, length - 1]


def test_a_part_of_the_identities_at_a_time_gives_the_same() -> None:
    rows = [
        row(f"{person}-{day}", f"{person}@x.org", updated_at=at(day), city=f"city {day}", **more)
        for person in range(40)
        for day, more in ((1, {"tags": ["a"]}), (2, {"custom_fields": {"t": "x"}}), (3, {}))
    ]
    config = settings(survivorship={"default": "longest"})
    together, in_parts = unify(rows, config), unify(rows, config, members_at_once=10)
    assert len(together) == 40
    assert in_parts == together
