"""Phones and emails as people write them and as nobody should, from a die that can be thrown again.

Phones are valid numbers of every kind with some digits changed, and digits at random, in every
region; emails are put together from parts that are fine, odd or wrong.
"""

import random
from functools import lru_cache
from pathlib import Path

import duckdb
import phonenumbers
from phonenumbers import PhoneNumberType

REGIONS = tuple(sorted(phonenumbers.SUPPORTED_REGIONS))
"""All that libphonenumber knows; a country that the CRM doesn't know is no row's region."""

_KINDS = tuple(kind for kind in PhoneNumberType.values() if kind != PhoneNumberType.UNKNOWN)
_CHARACTERS = "0123456789" * 3 + "+()-. /x,;#*~abc\u0660\uff11\u2013\u00a0\u200b\u202a"
_OTHER_DIGITS = tuple(
    str.maketrans("0123456789", "".join(chr(zero + digit) for digit in range(10)))
    for zero in (0x0660, 0x06F0, 0x0966, 0xFF10)
)
_LETTERS = str.maketrans("23456789", "AEHLNRTX")
_TAILS = (
    *(" ext. {}", " ext {}", "ext{}", " x{}", " extension {}", "; ext. {}", ";ext={}", " #{}"),
    *(", ext. {}", ",,{}#", " доб. {}", " anexo {}", " int. {}", " Durchwahl {}", "-{}", "/{}"),
    *(" / {}", " or 0{}", " | +{}", "\n{}", " oder 00{}", " (mobile)", " work"),
)

_MAILBOXES = (
    *("anna", "j.smith", "o'brien", "a_b", "x+tag", "1", "info", "none", "test", "no-reply"),
    *("müller", "dots..dots", ".dot", "dot.", '"quoted name"', "a&b", "a=b", "a,b", "a;b", "a b"),
    *("\u017fam", "\u212aim", "\uff41nna", "e\u0301ric", "\u0130zel", "用户", "иван", "{x}", "~me"),
    *("a" * 30, "b" * 64, "c" * 65, "", "kwame/rossi", "percent%x", "UPPER.Case", "anna(home)"),
)
_HOSTS = (
    *("gmail", "web", "company-17", "sub.host", "none", "test", "example", "domain", "x"),
    *("müller", "xn--mller-kva", "a--b", "-dash", "dash-", "under_score", "\u017ftrasse", "日本"),
    *("h" * 63, "h" * 64, "1und1", "a.b.c.d", "", "xn--", "xn--a", "XN--MLLER-KVA", "faß", "例え"),
    *("m\u00fc\u0308ller", "\uff47mail", "a\u3002b", "[127.0.0.1]", "192.168.0", "a..b", "a b"),
)
_ENDINGS = (
    *("com", "com", "com", "de", "co.uk", "org", "fr", "museum", "local", "test", "invalid"),
    *("example", "c", "1", "c0m", "xn--p1ai", "рф", "localhost", "com.", "travel", ""),
)
_WRAPS = (
    *("{}", "{}", "{}", "{}", "{}", "{}", "mailto:{}", "MAILTO:{}", "{}.", "{}..", "<{}>"),
    *('"Anna B" <{}>', "Anna <{}> x", "Anna <{}", "{}> Anna", "{} ", "{}; {}", "{}, b@b.org"),
    *("mailto:{}?subject=x", "Anna <mailto:{}>", "{}/{}", "<{}><a@b.org>", "({})", "e-mail {}"),
    *("Anna, {}", "e-mail: {}", "{} Anna", "{}|{}", "{} or {}", "{}\n{}", "{};", "'{}'"),
    *("\u201c{}\u201d", "B, Anna <{}>", '"B, Anna" <{}>; "C" <{}>', "\ufeff{}", "{}\u200b", "{},"),
    *("https://{}", "{} (work)", "Anna <{}>, b@b.org", '["{}", "{}"]', "[{}]", "`{}`"),
)


def messy_phone(dice: random.Random) -> tuple[str, str]:
    """A text and the region that it is read in."""
    region = dice.choice(REGIONS)
    at_home = dice.random() < 0.9
    code, examples = _examples(region if at_home else dice.choice(_PLANS))
    throw = dice.random()
    if throw < 0.05:
        digits = "".join(dice.choices("0123456789", k=dice.randint(1, 16)))
    else:
        national = dice.choice(examples)
        changed = dice.randint(1, min(7, len(national)))
        digits = national[:-changed] + "".join(dice.choices("0123456789", k=changed))
    text = dice.choice(_FORMATS).format(
        c=code, n=digits, a=digits[:3], b=digits[3:6], d=digits[6:], t=_trunk(region)
    )
    if dice.random() < 0.03:
        place = dice.randrange(len(text) + 1)
        text = text[:place] + dice.choice(_CHARACTERS) + text[place + dice.randint(0, 1) :]
    if dice.random() < 0.02:
        text = text.translate(dice.choice((*_OTHER_DIGITS, _LETTERS)))
    if dice.random() < 0.05:
        text += dice.choice(_TAILS).format(dice.randrange(10 ** dice.randint(1, 9)))
    return text, region


_FORMATS = (
    *("+{c}{n}", "+{c} {n}", "+{c} {a} {b} {d}", "+{c}-{a}-{b}-{d}", "+{c} ({a}) {b}-{d}"),
    *("+{c} (0) {n}", "+{c} (0{a}) {b}{d}", "+{c}0{n}", "00{c}{n}", "00 {c} {n}", "011{c}{n}"),
    *("{c}{n}", "{c} {n}", "{n}", "{t}{n}", "{t}{a} {b} {d}", "{t}{a}-{b}-{d}", "({t}{a}) {b}{d}"),
    *("({a}) {b}-{d}", "{a}.{b}.{d}", "{t}{a}/{b}{d}", "(+{c}) {n}", "++{c}{n}", "{t}{n}{n}"),
    *(
        "tel:+{c}{n}",
        "tel:+{c}-{a}-{b}{d}",
        "Tel. {t}{n}",
        "+ {c} {n}",
        "+{c}.{n}",
        "\u202a+{c} {n}\u202c",
    ),
    *(
        "\uff0b{c} {n}",
        "{t}{a} - {b} - {d}",
        "{t}{a}\u2013{b}{d}",
        "{c}-{n}",
        "0{c}{n}",
        "+00{c}{n}",
    ),
)
_SERVICES = tuple(str(code) for code in sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS))
"""Calling codes of no country, such as +800."""

_PLANS = REGIONS + _SERVICES


@lru_cache(None)
def _examples(plan: str) -> tuple[str, list[str]]:
    """A calling code and a national number of each kind."""
    if plan in _SERVICES:
        found = [phonenumbers.example_number_for_non_geo_entity(int(plan))]
    else:
        found = [phonenumbers.example_number_for_type(plan, kind) for kind in _KINDS]
    numbers = [one for one in found if one]
    nationals = [phonenumbers.national_significant_number(one) for one in numbers]
    return str(numbers[0].country_code), nationals


@lru_cache(None)
def _trunk(region: str) -> str:
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""


def messy_email(dice: random.Random) -> str:
    """A text that has an address in it, more or less."""
    usual = dice.random() < 0.7
    mailbox = dice.choice(_MAILBOXES[:6] if usual else _MAILBOXES)
    host = dice.choice(_HOSTS[:4] if usual else _HOSTS)
    ending = dice.choice(_ENDINGS[:8] if usual else _ENDINGS)
    if dice.random() < 0.97:
        mailbox += str(dice.randrange(100_000))
    if dice.random() < 0.2:
        host += str(dice.randrange(1000))
    address = f"{mailbox}@{host}.{ending}"
    if dice.random() < 0.1:
        address = address.upper()
    wrapped = dice.choice(_WRAPS).format(address, "b" + address)
    if dice.random() < 0.02:
        place = dice.randrange(len(wrapped) + 1)
        wrapped = wrapped[:place] + dice.choice("@.-_ +!#\"'(,:\\\u00e9\u200b") + wrapped[place:]
    return wrapped


def real_values(folder: Path) -> tuple[set[tuple[str, str]], set[str]]:
    """Phones with each of a few regions, and emails, of public sample databases, where present."""
    phones: set[tuple[str, str]] = set()
    emails: set[str] = set()
    for name, column in (
        ("chinook_customer", "Phone"),
        ("chinook_customer", "Fax"),
        ("pagila_address", "phone"),
    ):
        for text in _column(folder / f"{name}.parquet", column):
            phones |= {(text, region) for region in REGIONS[::10]}
    for name, column in (("chinook_customer", "Email"), ("pagila_customer", "email")):
        emails |= set(_column(folder / f"{name}.parquet", column))
    return phones, emails


def _column(path: Path, column: str) -> list[str]:
    if not path.exists():
        return []
    rows = duckdb.read_parquet(str(path)).select(f'"{column}"').fetchall()
    return [text for (text,) in rows if text]
