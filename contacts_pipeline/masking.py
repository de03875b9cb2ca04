"""Values as they may be shown where others read along.

Enough to recognise what is wrong, too little to reach a person.
"""

import re

HIDDEN = "***"
_SHOWN_FROM = 6
"""Characters from which a text may show its ends."""
_PHONE = re.compile(r"\+?[\d\s().\-/]*")
_NAME = re.compile(r"[^\W\d_][^\d_@]*[\s,][^\d_@]*[^\W\d_]\.?")
"""Letters with a blank or comma amid them; what numbers rows has a digit, or is one word."""
_LONGEST_NAME = 200
_PHONE_DIGITS = range(7, 16)
_BARE_PHONE_DIGITS = range(10, 16)  # fewer, and nothing else, are a number like any other


def mask(text: str | None) -> str | None:
    """``text`` without its middle: ``a***@e***.org``, ``+4***22``; short texts are hidden whole."""
    if text is None:
        return None
    mailbox, at, domain = text.strip().rpartition("@")
    if at:
        host, dot, ending = domain.rpartition(".")
        return f"{mailbox[:1]}{HIDDEN}@{host[:1]}{HIDDEN}{dot}{ending if dot else ''}"
    if len(text.strip()) < _SHOWN_FROM:
        return HIDDEN
    return f"{text.strip()[:2]}{HIDDEN}{text.strip()[-2:]}"


def mask_key(key: str) -> str:
    """A row's key, by which it is found; one that is somebody's address or name is masked."""
    return (mask(key) or HIDDEN) if looks_personal(key) else key


def looks_personal(key: str) -> bool:
    """Whether a row's key is an email, a phone or a name by its looks, as some sources have it."""
    text = key.strip()
    if "@" in text or len(text) > _LONGEST_NAME or _NAME.fullmatch(text):
        return True
    digits = sum(one.isdigit() for one in text)
    return _PHONE.fullmatch(text) is not None and (
        digits in (_BARE_PHONE_DIGITS if text.isdigit() else _PHONE_DIGITS)
    )
