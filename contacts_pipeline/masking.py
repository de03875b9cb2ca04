"""Values as they may be shown where others read along.

Enough to recognise what is wrong, too little to reach a person.
"""

HIDDEN = "***"
_SHOWN_FROM = 6
"""Characters from which a text may show its ends."""


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
