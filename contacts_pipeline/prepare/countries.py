"""Every way to write a country that its standards and its own people use.

Codes and names come from ISO 3166 (``pycountry``) and Unicode's CLDR (``babel``); only
what neither knows is written here. Names of today come before those of the past.
"""

import pickle
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pycountry
from babel import Locale, localedata
from babel.core import get_global
from babel.languages import get_official_languages

_SPOKEN_ABROAD = ("de", "es", "fr", "it", "nl", "pt")
"""Languages, beside a country's own, whose names for it are taken."""

KOSOVO = "XK"
"""On the vendor's list, not in ISO 3166."""

COLLOQUIAL = {
    "America": "US",
    "Antigua": "AG",
    "Austrailia": "AU",
    "BRD": "DE",
    "Bosnia": "BA",
    "Britain": "GB",
    "Bundesrepublik Deutschland": "DE",
    "Burma": "MM",
    "Cabo Verde": "CV",
    "Cape Verde": "CV",
    "Ceylon": "LK",
    "Congo-Kinshasa": "CD",
    "Cymru": "GB",
    "Czech Republic": "CZ",
    "DR Congo": "CD",
    "DRC": "CD",
    "Democratic Republic of Congo": "CD",
    "Deutchland": "DE",
    "EL": "GR",
    "East Germany": "DE",
    "England": "GB",
    "FYROM": "MK",
    "Falklands": "FK",
    "Great Britain": "GB",
    "Großbritannien": "GB",
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
    "P.R. China": "CN",
    "PRC": "CN",
    "Palestine": "PS",
    "Persia": "IR",
    "Phillipines": "PH",
    "Republic of Ireland": "IE",
    "Rhodesia": "ZW",
    "Saint Helena": "SH",
    "Sao Tome": "ST",
    "Scotland": "GB",
    "Siam": "TH",
    "South Korea": "KR",
    "St. Vincent and the Grenadines": "VC",
    "Swaziland": "SZ",
    "The Former Yugoslav Republic of Macedonia": "MK",
    "Trinidad": "TT",
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
    "West Germany": "DE",
    "Zaire": "CD",
    "Česká republika": "CZ",
    "Ελλάς": "GR",
    "Российская Федерация": "RU",
}


def vendor_countries() -> frozenset[str]:
    """The alpha-2 codes that the CRM takes: ISO 3166-1 and Kosovo."""
    return frozenset({country.alpha_2 for country in pycountry.countries} | {KOSOVO})


@lru_cache(1)
def standard_names() -> list[tuple[str, str]]:
    """Pairs of a code or an English name and the alpha-2 code it means; a name may repeat."""
    return _of_the_vendor(_standard_names())


@lru_cache(1)
def foreign_names() -> list[tuple[str, str]]:
    """Pairs of a name in a country's own or a great language and its code: a second to read."""
    return _of_the_vendor(_foreign_names())


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
        yield str(Locale.parse("en").territories.get(code, "")), code
    yield KOSOVO, KOSOVO
    yield "XKX", KOSOVO
    yield from COLLOQUIAL.items()
    yield from _former_names()


def _former_names() -> Iterator[tuple[str, str]]:
    """Countries that another one has taken the place of; of several no one is meant."""
    heirs = get_global("territory_aliases")
    for country in pycountry.historic_countries:
        codes = heirs.get(country.alpha_2, [])
        if len(codes) == 1:
            yield country.name.partition(",")[0], codes[0]


def _foreign_names() -> Iterator[tuple[str, str]]:
    named = defaultdict[str, set[str]](set)
    for code in vendor_countries():
        own = get_official_languages(code, regional=True, de_facto=True)
        for language in {*own, *_SPOKEN_ABROAD}:
            named[language].add(code)
    for language, codes in named.items():
        names = _names_in(language)
        yield from ((str(names.get(code, "")), code) for code in codes)


def _names_in(language: str) -> Mapping[str, object]:
    """Code to name: a part of babel's data, all of which it would keep in memory, 110 MB."""
    path = Path(localedata.resolve_locale_filename(language))
    if not path.exists():
        return {}
    parent = get_global("parent_exceptions").get(language)
    inherited = _names_in(parent) if parent else {}
    data = pickle.loads(path.read_bytes())  # noqa: S301 - a file of the package, as babel reads it
    return {**inherited, **data.get("territories", {})}
