"""The people of the sample warehouse, and how a row about one of them comes about."""

from collections import Counter
from dataclasses import dataclass

from scripts import sample_mess as mess
from scripts.sample_words import BRAZIL, BRITAIN, FRANCE, GERMANY, STATES, Country

SEED = 20_240_229
COLUMNS = (
    *("customer_id", "location_id", "updated_at", "first_name", "last_name", "email", "phone"),
    *("address", "city", "state", "postcode", "country", "website", "timezone", "born_on"),
    *("company", "tags", "do_not_contact", "owner_id", "tier"),
)
DOMAINS = (
    *("example.com", "example.org", "example.net", "mail.example.com", "post.example.org"),
    *("büro.example.net", "café-são.example.com"),
)
Row = dict[str, str]


@dataclass(frozen=True)
class Location:
    """A row of the registry, and how many customers it has."""

    id: str
    name: str
    country: Country
    match: str
    size: int
    enabled: str = "true"
    daily_limit: str = ""
    max_reject_share: str = ""


LOCATIONS = (
    Location("berlin", "Berlin Mitte", GERMANY, "email,phone", 420, max_reject_share="0.4"),
    Location("london", "London Soho", BRITAIN, "email,phone", 410),
    Location("austin", "Austin Downtown", STATES, "phone,email", 400, daily_limit="10000"),
    Location("paris", "Paris République", FRANCE, "email", 380),
    Location("sao-paulo", "São Paulo Centro", BRAZIL, "phone", 340),
    Location("hamburg", "Hamburg (closed)", GERMANY, "email,phone", 24, enabled="false"),
)


@dataclass(frozen=True)
class Person:
    """Somebody, as they are; each row about them is written anew."""

    country: Country
    first: str
    last: str
    email: str
    phone: tuple[str, str]
    place: tuple[str, str, str]
    company: str


class Customers:
    """The rows so far, and the numbers that are taken."""

    def __init__(self) -> None:
        self.dice = mess.Dice(SEED)
        self.rows: list[Row] = []
        self._people: Counter[str] = Counter()

    def person(self, country: Country) -> Person:
        """Somebody new, whose phone and address nobody has."""
        dice = self.dice
        seen = self._people[country.code]
        self._people[country.code] += 1
        first = dice.pick(country.firsts)
        last = dice.pick(country.particles if dice.chance(0.06) else country.lasts)
        place = country.ranges[seen % len(country.ranges)]
        # 37 and a power of ten have no common factor: every number of the range comes once.
        number = (seen // len(country.ranges) * 37 + 11) % 10**place.digits
        plus = "+news" if dice.chance(0.04) else ""
        address = f"{mess.mailbox(first, last)}{seen}{plus}@{dice.pick(DOMAINS)}"
        company = f"{dice.pick(country.lasts)} {dice.pick(('GmbH', 'Ltd', 'LLC', 'SARL', '& Co'))}"
        phone, home = mess.national(place, number), dice.pick(country.places)
        return Person(country, first, last, address, phone, home, company)

    def add(self, at: Location, who: Person, **cells: str) -> Row:
        """Write a row about somebody; ``cells`` stand as given."""
        dice, country = self.dice, who.country
        row = dict.fromkeys(COLUMNS, "")
        row["location_id"] = at.id
        row["updated_at"] = mess.updated_at(dice, dice.below(336))
        row["first_name"], row["last_name"] = mess.name(dice, who.first, who.last)
        row["email"] = mess.email(dice, who.email, f"{who.first} {who.last}")
        row["phone"] = mess.phone(dice, country, who.phone)
        street = dice.pick(country.streets)
        row["address"] = country.street_form.format(street=street, number=1 + dice.below(180))
        row["city"], row["state"], code = who.place
        row["postcode"] = mess.postcode(dice, code)
        for column, share, value in (
            ("country", 0.85, dice.pick((*country.spellings[:3], dice.pick(country.spellings)))),
            ("website", 0.12, mess.website(dice, f"team{dice.below(40)}.example.com")),
            ("timezone", 0.4, dice.pick((country.timezones[0], dice.pick(country.timezones)))),
            ("born_on", 0.4, mess.birthday(dice, country)),
            ("company", 0.2, who.company),
            ("tags", 0.2, dice.pick(mess.TAGS)),
            ("do_not_contact", 0.08, dice.pick((*mess.DO_NOT_CONTACT, country.yes_no[0]))),
            ("owner_id", 0.3, f"{at.id.replace('-', '').title():x<17}00{1 + dice.below(3)}"),
            ("tier", 0.4, dice.pick((*mess.TIERS, dice.pick(mess.TIERS_MISTYPED)))),
        ):
            row[column] = value if dice.chance(share) else ""
        if not row["do_not_contact"] and dice.chance(0.4):
            row["do_not_contact"] = dice.pick((*mess.MAY_CONTACT, country.yes_no[1]))
        for column in COLUMNS[7:]:
            if not row[column] and dice.chance(0.03):
                row[column] = dice.pick(mess.BLANKS)
        self.rows.append(row | cells)
        return self.rows[-1]
