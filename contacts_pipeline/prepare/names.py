"""A name in capitals, written the way its bearer would."""

import re
from functools import lru_cache

from contacts_pipeline.prepare.phones import MEMO_SIZE

_PARTICLES = re.compile(
    r"a[fln]|am|au[fs]|bin|d[aeiou]|das|de[imnrs]|della|dos|e|el|l[ae]|l[ao]s|te[nr]"
    r"|und|v[ao]n|vom|y|zu|zu[mr]",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?:II|III|IV|VI{0,3}|IX)")
_WORD = re.compile(r"[^\W\d_]+")
_SCOTTISH = re.compile(r"\bMc([a-z])")
_ELIDED = re.compile(r"\b([DLO]['\u2019])([a-z])")


@lru_cache(MEMO_SIZE)
def recase_name(name: str) -> str:
    """``name``, all in capitals, as 'Anna van der Berg', O'Brien, 'McDonald', 'Henry IV'."""
    words = [
        word if _ROMAN.fullmatch(word) else _WORD.sub(lambda part: part[0].capitalize(), word)
        for word in name.split(" ")
    ]
    cased = [
        word.lower() if len(words) > 1 and _PARTICLES.fullmatch(word) else word for word in words
    ]
    joined = _SCOTTISH.sub(lambda found: f"Mc{found[1].upper()}", " ".join(cased))
    return _ELIDED.sub(lambda found: found[1] + found[2].upper(), joined)
