"""Random worlds for the property: a CRM, what we know of it, and a warehouse that has moved on.

A tiny alphabet of emails, phones and keys, so that every value is in dispute.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st

EMAILS = tuple(f"{name}@example.com" for name in "abcd")
PHONES = tuple(f"+1202555010{digit}" for digit in range(4))
KEYS = tuple("123456")
Match = Literal["email,phone", "phone,email", "email", "phone"]
Knowledge = Literal["ledger", "fresh list", "stale list"]
MATCHES: tuple[Match, ...] = ("email,phone", "phone,email", "email", "phone")


@dataclass(frozen=True)
class Held:
    """A contact of the CRM; ``keys`` are those that the ledger has of it, if it is in there.

    ``age``: when we wrote to it, hours before now; greater than ``LIST_AGE`` is before the list.
    """

    id: str
    name: str
    email: str | None
    phone: str | None
    keys: tuple[str, ...] | None = None
    age: int = 0
    recorded_email: str | None = None
    recorded_phone: str | None = None
    deleted: bool = False
    further_email: str | None = None


@dataclass(frozen=True)
class Pending:
    """A request of unknown fate; ``contact_id`` is the predicted one, None for a create."""

    keys: tuple[str, ...]
    contact_id: str | None
    email: str | None
    phone: str | None
    applied: bool


@dataclass(frozen=True)
class Source:
    """A row of the warehouse."""

    key: str
    email: str | None
    phone: str | None
    age: int


@dataclass(frozen=True)
class World:
    """One location: what the CRM holds, what we know, what the warehouse says.

    ``gossip`` is listed, and not true (any more).
    """

    location_id: str
    match: Match
    knowledge: Knowledge
    held: tuple[Held, ...]
    pending: tuple[Pending, ...]
    sources: tuple[Source, ...]
    gossip: tuple[Held, ...] = ()


LIST_AGE = 24
some_email = st.sampled_from((*EMAILS, None))
some_phone = st.sampled_from((*PHONES, None))


@st.composite
def worlds(draw: st.DrawFn, location_id: str, match: Match) -> World:
    """A world of one location."""
    knowledge: Knowledge = draw(st.sampled_from(["ledger", "fresh list", "stale list"]))
    held = draw_held(draw, location_id, match, knowledge)
    pending = draw_pending(draw, match, held)
    sources = draw(
        st.lists(
            st.builds(Source, st.sampled_from(KEYS), some_email, some_phone, st.integers(0, 3)),
            max_size=6,
            unique_by=lambda source: source.key,
        )
    )
    gossip: tuple[Held, ...] = ()
    if knowledge == "stale list":
        told = st.tuples(some_email, some_phone)
        gossip = tuple(
            Held(f"{location_id}-{name}", name, email, phone)
            for name, (email, phone) in draw(
                st.dictionaries(st.sampled_from(["x1", "x2", "c0", "c1"]), told, max_size=2)
            ).items()
        )
    return World(location_id, match, knowledge, held, pending, tuple(sources), gossip)


def draw_held(
    draw: st.DrawFn, location_id: str, match: Match, knowledge: Knowledge
) -> tuple[Held, ...]:
    """Contacts of which no two hold one value that the location matches on."""
    contacts: list[Held] = []
    for number in range(draw(st.integers(0, 4))):
        email = _free(draw, some_email, "email", match, emails_of(contacts))
        phone = _free(draw, some_phone, "phone", match, [one.phone for one in contacts])
        sent_by_us = knowledge != "fresh list" or draw(st.booleans())
        keys = draw(st.lists(st.sampled_from(KEYS), max_size=3, unique=True))
        emails = {email, *(one for held in contacts for one in (held.email, held.further_email))}
        further = draw(some_email) if knowledge == "fresh list" else None
        recorded_email, recorded_phone, deleted, age = email, phone, False, number
        if knowledge == "fresh list" and sent_by_us and draw(st.booleans()):
            age = LIST_AGE + 1 + number
            deleted = draw(st.booleans())
            if draw(st.booleans()):
                recorded_email, recorded_phone = draw(some_email), draw(some_phone)
        contacts.append(
            Held(
                f"{location_id}-c{number}",
                f"Held{number}",
                email,
                phone,
                tuple(keys) if sent_by_us else None,
                age,
                recorded_email,
                recorded_phone,
                deleted,
                None if further in emails else further,
            )
        )
    return tuple(contacts)


def emails_of(contacts: Iterable[Held]) -> list[str | None]:
    return [email for one in contacts for email in (one.email, one.further_email)]


def draw_pending(draw: st.DrawFn, match: Match, held: tuple[Held, ...]) -> tuple[Pending, ...]:
    """Requests of an earlier plan that kept the rules: to a contact of its own, or to none."""
    if not draw(st.booleans()):
        return ()
    alive = [one for one in held if not one.deleted]
    emails, phones = emails_of(alive), [one.phone for one in alive]
    keys = tuple(draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=2, unique=True)))
    email = _free(draw, some_email, "email", match, emails)
    phone = _free(draw, some_phone, "phone", match, phones)
    if draw(st.booleans()):
        known = [one for one in alive if one.keys]
        if not known:
            return ()
        contact = draw(st.sampled_from(known))
        if not draw(st.booleans()):  # else by id, as update_by_id sends it
            kept = [name for name in ("email", "phone") if name in match and getattr(contact, name)]
            if not kept:
                return ()
            if draw(st.sampled_from(kept)) == "email":
                email = contact.email
            else:
                phone = contact.phone
        request = Pending(contact.keys or (), contact.id, email, phone, draw(st.booleans()))
    else:
        request = Pending(keys, None, email, phone, draw(st.booleans()))
    matched = (
        request.email if "email" in match else None,
        request.phone if "phone" in match else 0,
    )
    return () if matched in {(None, None), (None, 0)} else (request,)


def _free(
    draw: st.DrawFn,
    values: st.SearchStrategy[str | None],
    kind: str,
    match: Match,
    taken: Iterable[str | None],
) -> str | None:
    value = draw(values)
    return None if kind in match and value in set(taken) else value


def identities(world: World, *, merge: bool) -> list[dict[str, Any]]:
    """Rules 1 to 4 of the design over the sources, written a second time and plainly."""
    by_email, by_phone = "email" in world.match, "phone" in world.match
    rows = [row for row in world.sources if (by_email and row.email) or (by_phone and row.phone)]
    emails_of: defaultdict[str | None, set[str]] = defaultdict(set)
    for row in rows:
        if row.email and row.phone:
            emails_of[row.phone].add(row.email)
    groups: defaultdict[tuple[str, ...], list[Source]] = defaultdict(list)
    for row in rows:
        several = by_phone and row.phone and len(emails_of[row.phone]) > 1
        if by_email and row.email:
            groups["email", row.email].append(row)
        elif by_email and len(emails_of[row.phone]) == 1:
            groups["email", *emails_of[row.phone]].append(row)
        elif not by_email and several:
            groups["phone", row.phone or "", row.email or ""].append(row)
        else:
            groups["phone", row.phone or ""].append(row)
    found = []
    for name, members in groups.items():
        ambiguous = by_email and name[0] == "phone" and len(emails_of[name[1]]) > 1
        found.append((members, "ambiguous_match" if ambiguous else None))
    if merge and by_email and by_phone:
        found = [(members, None) for members in _components([rows for rows, _ in found])]
    return [_identity(members, hold) for members, hold in found]


def _components(groups: list[list[Source]]) -> list[list[Source]]:
    """Groups that share a phone are one."""
    merged: list[list[Source]] = []
    for group in groups:
        phones = {row.phone for row in group} - {None}
        touching = [one for one in merged if phones & {row.phone for row in one}]
        merged = [one for one in merged if one not in touching]
        merged.append(sum(touching, group))
    return merged


def _identity(members: list[Source], hold: str | None) -> dict[str, Any]:
    newest = sorted(members, key=lambda row: (row.age, row.key))
    keys = sorted(row.key for row in members)
    return {
        "keys": keys,
        "identity": keys[0],
        "email": next((row.email for row in newest if row.email), None),
        "phone": next((row.phone for row in newest if row.phone), None),
        "name": f"Person{keys[0]}",
        "age": newest[0].age,
        "hold": hold,
    }
