"""Ways in which people and exports spoil a value; each function writes one value its way.

Only ``random()`` is drawn from: it is the one method whose sequence Python promises to keep,
so the sample is the same bytes on every version.
"""

import random
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

from scripts.sample_words import Country, Range

T = TypeVar("T")

NBSP, ZERO_WIDTH, FULL_WIDTH_PLUS = "\u00a0", "\u200b", "\uff0b"
BLANKS = ("N/A", "null", "NULL", "n/a", "-", "None", " ", "unknown")
_PLAIN = str.maketrans("áàâãäåçéèêëíìîïñóòôõöøşúùûüÿ", "aaaaaaceeeeiiiinoooooosuuuuy")


class Dice:
    """Choices that repeat for a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, share: float) -> bool:
        """True in ``share`` of the cases."""
        return self._random.random() < share

    def below(self, end: int) -> int:
        """A whole number from 0 to ``end`` - 1."""
        return int(self._random.random() * end)

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, each as likely."""
        return options[self.below(len(options))]

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put the items in any order, in place (Fisher-Yates)."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def mailbox(first: str, last: str) -> str:
    """A name as it stands before the @."""
    plain = f"{first}.{last}".lower().translate(_PLAIN)
    return "".join(letter for letter in plain if letter.isascii() and letter not in " '")


def national(place: Range, number: int) -> tuple[str, str]:
    """Area code and local part of the ``number``-th phone of a range."""
    return place.area, f"{place.prefix.replace(' ', '')}{number:0{place.digits}}"


def phone(dice: Dice, country: Country, number: tuple[str, str]) -> str:
    """The number in one of the country's writings, now and then spoilt by its export."""
    area, local = number
    half = len(local) - 4
    form = dice.pick(country.phones)
    written = form.format(a=area, b=local, c=local[:half], d=local[half:])
    if dice.chance(0.85):
        return written
    return dice.pick(
        (
            f"Tel.: {written}",
            f"'{written}",
            f"  {written} ",
            f"{ZERO_WIDTH}{written}",
            written.replace(" ", NBSP),
            written.replace("-", "\u2011"),
            written.replace("+", FULL_WIDTH_PLUS),
            f"{written} (mobile)",
            f"{written} ext. {10 + dice.below(90)}",
        )
    )


def email(dice: Dice, address: str, name: str) -> str:
    """The address, now and then as it was pasted: nothing here changes where it leads."""
    if dice.chance(0.78):
        return address
    return dice.pick(
        (
            f"mailto:{address}",
            f"MAILTO:{address}?subject=Hello",
            f"{name} <{address}>",
            f'"{name}" <{address}>',
            f"<{address}>",
            f"{address}.",
            f"{address};",
            address.upper(),
            address.capitalize(),
            f" {address} ",
            f"{NBSP}{address}",
            f"{address}{ZERO_WIDTH}",
            address.replace("@", " @ "),
        )
    )


BROKEN_EMAILS = (
    "{local}example.com",
    "{local}@",
    "@example.com",
    "{local}@@example.com",
    "{local}@example,com",
    "{local}@example",
    "{local}..x@example.com",
    "{local} example.com",
    "{local}@-example.com",
    '"{local} x"@example.com',
)
PLACEHOLDER_EMAILS = (
    *("test@example.com", "noemail@example.com", "none@none.invalid", "na@na.invalid"),
    *("noreply@example.org", "no-reply@example.net", "unknown@example.com", "asdf@asdf.test"),
)
ROLE_EMAILS = ("info", "office", "sales", "support", "admin", "postmaster")


def name(dice: Dice, first: str, last: str) -> tuple[str, str]:
    """First and last name as somebody typed them into two fields."""
    if dice.chance(0.72):
        return first, last
    return dice.pick(
        (
            (first.upper(), last.upper()),
            (first.lower(), last.lower()),
            (f"{first} {last}", ""),
            ("", f"{last}, {first}"),
            (f"Dr. {first}", last),
            (first, f"{last} "),
            (f" {first}", last),
            (f"{first}{NBSP}", last),
            (f"{first}{ZERO_WIDTH}", last),
            (f"{first} 🌸", last),
            (f"{first}  J.", last),
            (first, last.replace("é", "e\u0301").replace("ü", "u\u0308")),
            (f"{first[0]}.", last),
            (first.replace("é", "Ã©").replace("ü", "Ã¼").replace("ã", "Ã£"), last),
            (first, last.replace("&", "&amp;") + " &amp; Co"),
        )
    )


def birthday(dice: Dice, country: Country) -> str:
    """A date of birth in the country's manner, in ISO, or as no date can be."""
    day, month, year = 1 + dice.below(28), 1 + dice.below(12), 1938 + dice.below(68)
    iso = f"{year}-{month:02}-{day:02}"
    if dice.chance(0.5):
        return iso
    if dice.chance(0.5):
        return country.birthday.format(d=day, m=month, y=year)
    return dice.pick(
        (
            country.birthday.format(d=day, m=month, y=f"{year % 100:02}"),
            f"{iso}T00:00:00",
            f"{year}/{month:02}/{day:02}",
            f"{day} March {year}",
            f"{year}",
            "1984-02-30",
            "31.04.1990",
            "2091-05-05",
            "1875-01-01",
            "1900-01-01",
            "0000-00-00",
            "30758",
        )
    )


def updated_at(dice: Dice, day: int) -> str:
    """A moment of the ``day``-th day of 2024, with and without an offset."""
    month, date = 1 + day // 28 % 12, 1 + day % 28
    hour, minute, second = dice.below(24), dice.below(60), dice.below(60)
    ymd, hms = f"2024-{month:02}-{date:02}", f"{hour:02}:{minute:02}:{second:02}"
    if dice.chance(0.6):
        return f"{ymd}T{hms}Z"
    if dice.chance(0.1):
        return dice.pick(("", "", "0000-00-00 00:00:00", f"{date:02}.{month:02}.2024 {hms[:5]}"))
    return dice.pick(
        (
            f"{ymd} {hms}",
            f"{ymd} {hms}+02:00",
            f"{ymd}T{hms}.250-05:00",
            f"{ymd}T{hms}-03:00",
            f"{ymd} {hms}+00",
            ymd,
        )
    )


def postcode(dice: Dice, code: str) -> str:
    """The postal code; a spreadsheet may have taken it for a number."""
    if not code.isdigit() or dice.chance(0.9):
        return code
    return dice.pick((code.lstrip("0"), f"{code}.0", f" {code}", f"'{code}"))


def website(dice: Dice, host: str) -> str:
    """The address of a company's site, as it was typed or pasted."""
    return dice.pick(
        (
            f"https://www.{host}",
            f"https://{host}/",
            f"www.{host}",
            host,
            f"HTTP://{host.upper()}/Team",
            f"http://{host}/contact?utm_source=crm",
            f"//{host}",
            f"http:/{host}",
            f"info@{host}",
        )
    )


TAGS = (
    *("vip", "newsletter", "VIP, Newsletter", "vip,vip", " newsletter ,event-2024", "Event 2024,"),
    *(",", "newsletter;event", '["vip", "newsletter"]', "Stammkunde,VIP", "été, fidèle", "⭐ top"),
)
DO_NOT_CONTACT = ("TRUE", "1", "yes", "true", "X", "Y")
MAY_CONTACT = ("FALSE", "0", "no", "false", "N", "")
TIERS = ("bronze", "silver", "gold")
TIERS_MISTYPED = (*("Gold", "SILVER ", "Bronze", "gold ", "GOLD") * 3, "silber", "1")
