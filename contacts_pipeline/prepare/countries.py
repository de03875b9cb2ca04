"""Every way to write a country that its standards and its own people use.

Codes and names come from ISO 3166 (``pycountry``) and Unicode's CLDR (``babel``); only
what neither knows is written here.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import pycountry
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages

KOSOVO = "XK"
"""On the vendor's list, not in ISO 3166."""

COLLOQUIAL = {
    "America": "US",
    "Austrailia": "AU",
    "Bosnia": "BA",
    "Britain": "GB",
    "Burma": "MM",
    "Cabo Verde": "CV",
    "Cape Verde": "CV",
    "Congo-Kinshasa": "CD",
    "Czech Republic": "CZ",
    "DR Congo": "CD",
    "DRC": "CD",
    "Deutchland": "DE",
    "England": "GB",
    "Falklands": "FK",
    "Great Britain": "GB",
    "Hellas": "GR",
    "Holland": "NL",
    "Hong Kong SAR": "HK",
    "Ivory Coast": "CI",
    "Kosovo": KOSOVO,
    "KSA": "SA",
    "Libyan Arab Jamahiriya": "LY",
    "Macao SAR": "MO",
    "Macau": "MO",
    "Macedonia": "MK",
    "Northern Ireland": "GB",
    "North Korea": "KP",
    "Oesterreich": "AT",
    "Palestine": "PS",
    "Phillipines": "PH",
    "Republic of Ireland": "IE",
    "Scotland": "GB",
    "South Korea": "KR",
    "St. Vincent and the Grenadines": "VC",
    "Swaziland": "SZ",
    "The Former Yugoslav Republic of Macedonia": "MK",
    "U.K.": "GB",
    "U.S.": "US",
    "U.S.A.": "US",
    "Turkey": "TR",
    "UAE": "AE",
    "United States": "US",
    "Untied Kingdom": "GB",
    "Untied States": "US",
    "United States of America": "US",
    "Vatican": "VA",
    "Virgin Islands, British": "VG",
    "Virgin Islands, U.S.": "VI",
    "Wales": "GB",
    "Zaire": "CD",
}


def vendor_countries() -> frozenset[str]:
    """The alpha-2 codes that the CRM takes: ISO 3166-1 and Kosovo."""
    return frozenset({country.alpha_2 for country in pycountry.countries} | {KOSOVO})


@lru_cache(1)
def standard_names() -> list[tuple[str, str]]:
    """Pairs of a code or an English name and the alpha-2 code it means; a name may repeat."""
    return _of_the_vendor(_standard_names())


@lru_cache(1)
def native_names() -> list[tuple[str, str]]:
    """Pairs of a name in a country's own languages and its code: a second to read them all."""
    return _of_the_vendor(_native_names())


def _of_the_vendor(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    known = vendor_countries()
    return sorted({(name, code) for name, code in pairs if code in known and name})


def _standard_names() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        for field in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            name = getattr(country, field, "")
            yield name, country.alpha_2
            head, comma, rest = name.partition(", ")
            yield (f"{rest} {head}" if comma else ""), country.alpha_2
    for alias, codes in get_global("territory_aliases").items():
        if len(codes) == 1 and not alias.isdigit():
            yield alias, codes[0]
    for code in vendor_countries():
        yield _name_in("en", code), code
    yield KOSOVO, KOSOVO
    yield "XKX", KOSOVO
    yield from COLLOQUIAL.items()


def _native_names() -> Iterator[tuple[str, str]]:
    for code in vendor_countries():
        for language in get_official_languages(code, regional=True, de_facto=True):
            yield _name_in(language, code), code


def _name_in(language: str, code: str) -> str:
    try:
        return str(Locale.parse(language).territories.get(code, ""))
    except UnknownLocaleError:
        return ""
