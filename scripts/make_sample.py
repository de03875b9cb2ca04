"""Makes the sample warehouse: ``uv run python -m scripts.make_sample``.

Two tables as CSV, ``customers`` and ``locations``: invented people of five countries, with
the mess that contact data has. One seed makes the same bytes on every machine.
"""

import argparse
import csv
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from scripts import sample_mess as mess
from scripts.sample_people import COLUMNS, LOCATIONS, Customers, Location, Row
from scripts.sample_words import COUNTRIES, GERMANY, STATES

FOLDER = Path(__file__).parents[1] / "data" / "sample"


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description="Makes the sample warehouse.")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder (default: data/sample)")
    folder: Path = parser.parse_args().to
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "customers.csv", COLUMNS, customers())
    write(folder / "locations.csv", tuple(registry()[0]), registry())


def write(path: Path, columns: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Write a table, every value as text."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def registry() -> list[Row]:
    """The rows of ``locations``; what is empty takes its default."""
    return [
        {
            "id": at.id,
            "name": at.name,
            "token_env": "",
            "country": at.country.code,
            "match": at.match,
            "enabled": at.enabled,
            "timezone": at.country.timezones[0],
            "daily_limit": at.daily_limit,
            "burst_limit": "",
            "interval_ms": "",
            "max_reject_share": at.max_reject_share,
            "max_create_share": "",
        }
        for at in LOCATIONS
    ]


def customers() -> list[Row]:
    """The rows of ``customers``, by key; the people of a location are strewn among the others."""
    made = Customers()
    for at in LOCATIONS:
        if at.enabled == "true":
            related_people(made, at)
            odd_cells(made, at)
            unsendable(made, at)
        while sum(row["location_id"] == at.id for row in made.rows) < at.size:
            ordinary(made, at)
    elsewhere(made)
    made.dice.shuffle(made.rows)
    for number, row in enumerate(made.rows, start=1):
        row["customer_id"] = f"{number:06}"
    return with_bad_keys(made.rows)


def ordinary(made: Customers, at: Location) -> None:
    """Somebody unrelated to the others; a field that the location doesn't match on may miss."""
    dice = made.dice
    who = made.person(dice.pick(COUNTRIES) if dice.chance(0.04) else at.country)
    row = made.add(at, who)
    if at.match != "email" and dice.chance(0.14):
        local = mess.mailbox(who.first, who.last)
        broken = dice.pick(mess.BROKEN_EMAILS).format(local=local)
        row["email"] = dice.pick(("", "", "", broken, dice.pick(mess.PLACEHOLDER_EMAILS)))
    elif at.match != "phone" and dice.chance(0.16):
        row["phone"] = dice.pick(("", "", "", dice.pick(who.country.wrong_phones)))


def related_people(made: Customers, at: Location) -> None:
    """Households, a switchboard, chains, and one person in several rows."""
    dice = made.dice
    matches_email = at.match != "phone"
    for members in (2, 3, 4, 2, 3) if matches_email else (2, 3):
        head = made.person(at.country)
        for _ in range(members):
            made.add(at, replace(made.person(at.country), last=head.last, phone=head.phone))
    firm = made.person(at.country)
    for desk in range(12):
        clerk = replace(made.person(at.country), phone=firm.phone, company=firm.company)
        row = made.add(at, clerk, company=firm.company)
        row["phone"] += ("", f" ext. {20 + desk}", f" {at.country.extension} {20 + desk}")[desk % 3]
    for _ in range(3):
        a, c, e = (made.person(at.country) for _ in range(3))
        made.add(at, a)
        made.add(at, replace(a, phone=c.phone))
        made.add(at, c)
        made.add(at, replace(c, phone=e.phone))
        if at.match != "email":
            made.add(at, e, email="")
    for twin in range(15):
        who, moved = made.person(at.country), made.person(at.country)
        younger = replace(who, email=who.email.upper())
        first, then, last = (mess.updated_at(dice, dice.below(90) + days) for days in (0, 90, 180))
        made.add(at, who, updated_at=first, do_not_contact="" if twin % 5 else "yes")
        made.add(at, younger, updated_at=then, do_not_contact="no")
        if twin % 3 == 0:
            made.add(at, replace(younger, phone=moved.phone), updated_at=last)
    couple = made.person(at.country)
    made.add(at, couple)
    made.add(at, replace(made.person(at.country), email=couple.email))
    if at.match != "email":
        phone_only(made, at)


def phone_only(made: Customers, at: Location) -> None:
    """Rows without email: of a known person, of nobody else, of one out of several."""
    for _ in range(4):
        who, other = made.person(at.country), made.person(at.country)
        made.add(at, who)
        made.add(at, who, email="")
        made.add(at, other, email="")
        made.add(at, other, email="", first_name=other.first.upper())
    first = made.person(at.country)
    made.add(at, first)
    made.add(at, replace(made.person(at.country), phone=first.phone))
    made.add(at, first, email="N/A")


def odd_cells(made: Customers, at: Location) -> None:
    """Cells that need more than a trim, each in a row that is otherwise well."""

    def odd(**cells: str) -> None:
        made.add(at, made.person(at.country), **cells)

    for role in mess.ROLE_EMAILS:
        odd(email=f"{role}@{at.id}.example.com")
    for separator in (" / ", "; ", " or ", ", "):
        one, two = made.person(at.country), made.person(at.country)
        written = (mess.phone(made.dice, at.country, who.phone) for who in (one, two))
        made.add(at, one, phone=separator.join(written))
        made.add(at, one, email=f"{one.email}{separator}{two.email}")
    if at.country is STATES:
        for vanity in ("(512) 555-TACO", "1-512-555-CAKE", "+1 512 555 BOOT"):
            odd(phone=vanity)
    for _ in range(2):
        who = made.person(at.country)
        made.add(at, who, phone=f"{''.join(who.phone)}.0")
        made.add(at, who, email=f"{who.first.split()[0].lower()}@example.com")
        made.add(at, who, email=mess.phone(made.dice, at.country, who.phone), phone=who.email)
    odd(first_name="=1+1", last_name="@SUM(A1)")
    odd(first_name="N/A", last_name="null")
    odd(first_name="Test", last_name="Test")
    odd(first_name="Иван", last_name="Петров")
    odd(first_name="小明", last_name="王")
    odd(first_name="👻👻", last_name="")
    odd(first_name='Robert "Bob"', last_name="O\tNeill")
    odd(address="c/o Reception\n2nd floor, Building B", state="-")
    odd(company="International " * 30 + "Ltd")
    odd(updated_at="2099-01-01T00:00:00Z")


def unsendable(made: Customers, at: Location) -> None:
    """Rows without anything that the location could match on."""
    dice = made.dice
    for _ in range(7):
        made.add(at, made.person(at.country), email="", phone=dice.pick(("", *mess.BLANKS)))
    for turn in range(7):
        wrong = dice.pick(at.country.wrong_phones)
        placeholder = mess.PLACEHOLDER_EMAILS[turn]
        broken = mess.BROKEN_EMAILS[turn].format(local=f"kontakt{turn}")
        made.add(at, made.person(at.country), email=placeholder, phone="")
        made.add(at, made.person(at.country), email=broken, phone=wrong)
    for _ in range(8):
        if at.match == "email":
            made.add(at, made.person(at.country), email="")
        elif at.match == "phone":
            made.add(at, made.person(at.country), phone="")


def elsewhere(made: Customers) -> None:
    """People of two locations, and of a location that the registry doesn't have."""
    for here, there in pairwise(LOCATIONS):
        who = made.person(here.country)
        made.add(here, who)
        made.add(there, who)
    for unknown in ("tokyo", "tokyo", "tokyo", "", "", "N/A"):
        made.add(LOCATIONS[0], made.person(GERMANY), location_id=unknown)


def with_bad_keys(rows: list[Row]) -> list[Row]:
    """The rows, with a few keys that repeat and two that are missing."""
    rows[300]["customer_id"] = rows[301]["customer_id"] = ""
    for first in (500, 900):
        here = rows[first]["location_id"]
        twin = next(row for row in rows[first + 1 :] if row["location_id"] == here)
        twin["customer_id"] = rows[first]["customer_id"]
    stranger = next(row for row in rows[1201:] if row["location_id"] != rows[1200]["location_id"])
    stranger["customer_id"] = rows[1200]["customer_id"]
    return [*rows, dict(rows[700])]


if __name__ == "__main__":
    main()
