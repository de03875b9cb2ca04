"""Who is one person: each relation by itself, in the order in which they run."""

import duckdb

from tests.prepare.relations import Case, Table, of
from tests.prepare.tables import at

BOTH = of("location_id match_email match_phone", ("l", True, True))
PHONES = of("location_id match_email match_phone", ("l", False, True))
EMAILS = of("location_id match_email match_phone", ("l", True, False))
PEOPLE = "location_id source_key email phone"
PAIR = "location_id phone first_email last_email"
KEYS = "source_key identity_key joined_by hold"
NEVER = {"code": "x", "field": "y", "raw": None}


def repeated(*identities: tuple[str, str]) -> Table:
    """``repeated_identities`` of locations and keys; hashes differ between versions."""
    found = [duckdb.execute("select hash(?, ?)", each).fetchone() for each in identities]
    return of("key_hash", *(row for row in found if row))


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
