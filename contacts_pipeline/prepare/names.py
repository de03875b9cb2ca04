"""A name in capitals, written the way its bearer would; a full name in its two parts.

What can't be told for certain stays as it was written.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from nameparser import HumanName

from contacts_pipeline.prepare.phones import MEMO_SIZE

_PARTICLES = re.compile(
    r"a[fln]|am|au[fs]|bin|d[aeiou]|das|de[imnrs]|della|dos|e|el|l[ae]|l[ao]s|te[nr]"
    r"|und|v[ao]n|vom|y|zu|zu[mr]|['\u2019][st]",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?:II|III|IV|VI{0,3}|IX)")
_WORD = re.compile(r"[^\W\d_]+")
_SCOTTISH = re.compile(r"\bMc([a-z])")
_DUTCH = re.compile(r"\bIj(?=[^\Waeiouy])")  # IJsbrand, but Ijaz and Ijeoma
_TURKISH = re.compile(r"[\u0130\u011e\u015e]")
_ELIDED = re.compile(r"\b([DLO]['\u2019])([a-z])")


@lru_cache(MEMO_SIZE)
def recase_name(name: str) -> str:
    """``name``, all in capitals, as 'Anna van der Berg', O'Brien, 'McDonald', 'Henry IV'.

    The first word is a particle only before another one ('von der Leyen', but 'Al Pacino'), and no
    number where it may be a name ('Vi Nguyen').
    """
    if _TURKISH.search(name):
        # Who writes \u0130, \u011e or \u015e means a dotless i by I.
        return " ".join(_capitalised_in_turkish(word) for word in name.split(" "))
    first, *others = name.split(" ")
    leads = bool(
        others
        and _PARTICLES.fullmatch(first)
        and (_PARTICLES.fullmatch(others[0]) or not first[0].isalpha())
    )
    words = [first.lower() if leads else _capitalised(first), *map(_recased, others)]
    joined = _SCOTTISH.sub(lambda found: f"Mc{found[1].upper()}", " ".join(words))
    joined = _DUTCH.sub("IJ", joined)
    return _ELIDED.sub(lambda found: found[1] + found[2].upper(), joined)


def _recased(word: str) -> str:
    if _ROMAN.fullmatch(word):
        return word
    return word.lower() if _PARTICLES.fullmatch(word) else _capitalised(word)


def _capitalised(word: str) -> str:
    return _WORD.sub(lambda part: part[0].capitalize(), word)


def _capitalised_in_turkish(word: str) -> str:
    return _WORD.sub(
        lambda part: part[0][0] + part[0][1:].replace("I", "\u0131").replace("\u0130", "i").lower(),
        word,
    )


class FullName(NamedTuple):
    """The two parts of a full name; both None where it is not certain which is which."""

    first: str | None
    last: str | None


_WHOLE = FullName(None, None)
_NOT_ONE_PERSON = re.compile(r"[&+/|@\d()\"]|\b(?:and|und|et|y|e|og|och|en)\b", re.IGNORECASE)
_COMPANY = re.compile(
    r"\b(?:inc|ltd|llc|llp|plc|corp|gmbh|mbh|ag|kg|ohg|ug|bv|nv|sa|sas|sarl|srl|spa|oy|ab|as|aps"
    r"|pty|co|company|group|holding|services|systems|solutions|university|hotel)\b\.?$",
    re.IGNORECASE,
)


@lru_cache(MEMO_SIZE)
def split_name(name: str) -> FullName:
    """First and last name of ``name``; titles are left out, and suffixes stay with the last.

    One word, several people, companies and writing systems without blanks are left whole.
    """
    if not _is_latin(name) or _NOT_ONE_PERSON.search(name) or _COMPANY.search(name):
        return _WHOLE
    parsed = HumanName(name)
    first = " ".join(filter(None, [parsed.first, parsed.middle]))
    last = ", ".join(filter(None, [parsed.last, parsed.suffix])).replace(", ", " ")
    given = " ".join(filter(None, [parsed.title, first, last])).replace(",", "")
    if not parsed.first or not parsed.last or sorted(given.split()) != _words(name):
        return _WHOLE
    return FullName(first, last)


def _words(name: str) -> list[str]:
    return sorted(name.replace(",", " ").split())


def _is_latin(name: str) -> bool:
    return all("LATIN" in unicodedata.name(one, "") for one in name if one.isalpha())
