"""An email cell as people fill it in, judged by email-validator (RFC 5321, 6531, IDNA 2008).

The first usable address is sent, lower-cased, its domain as ASCII. Placeholders and role
addresses are syntax-wise fine; they get a code of their own.
"""

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from contacts_pipeline.prepare.codes import FieldWarning
from contacts_pipeline.prepare.phones import MEMO_SIZE, Judged

_BETWEEN_ADDRESSES = re.compile(r"[;,|\s]+|/(?=[^@/]+@)", re.ASCII)
_BRACKETED = re.compile(r"<([^<>]*)>")
_QUOTED_NAME = re.compile(r'"[^"]*"')
_AROUND = "\"'`<>()[]{}\u201c\u201d\u2018\u2019«»\u00a0\u200b\ufeff"
_PLACEHOLDER_PEOPLE = (
    "none|noemail|no-email|no_email|no\\.email|nomail|no-mail|nobody|noone|na|n\\.a|n/a|null|nil"
    "|unknown|test|tester|testing|test1|test123|asdf|qwerty|aaa|abc|xxx|xyz|fake|dummy"
    "|donotreply|email|mail|name|user|yourname|example|sample|placeholder|invalid|notprovided"
    "|not-provided|notavailable|noreply"
)
_PLACEHOLDER_HOSTS = (
    "none|noemail|no-email|nomail|nobody|noone|na|null|nil|unknown|test|testing|asdf|qwerty|aaa"
    "|abc|xxx|xyz|fake|dummy|noreply|email|example|sample|placeholder|invalid|notprovided|domain"
    "|yourdomain"
)
PLACEHOLDER = re.compile(
    rf"(?:{_PLACEHOLDER_PEOPLE})@(?:{_PLACEHOLDER_HOSTS})(?:\.[a-z.]+)?"
    rf"|(?:none|noemail|no-email|no_email|nomail|notprovided|placeholder)@.*"
    rf"|.*@(?:none|noemail|no-email|nomail|notprovided|placeholder)(?:\.[a-z.]+)?"
)
ROLE = re.compile(
    r"(?:abuse|accounting|accounts|admin|administrator|billing|bookings?|careers|compliance|contact"
    r"|customerservice|do-?not-?reply|enquir(?:y|ies)|feedback|finance|ftp|hello|help|helpdesk"
    r"|hostmaster|hr|info|information|inquiries|invoices?|it|jobs|kontakt|legal|mail|marketing"
    r"|media|news|newsletter|no-?reply|noc|office|orders?|postmaster|press|privacy|reception"
    r"|registrar|root|sales|security|service|spam|subscribe|support|sysadmin|team|usenet|uucp"
    r"|webmaster|www)@.*"
)


@lru_cache(MEMO_SIZE)
def judge_email(cell: str) -> Judged:
    """The first usable address of ``cell``; a placeholder is returned only if alone."""
    found = list(dict.fromkeys(filter(None, map(parse_email, email_candidates(cell)))))
    real = [address for address in found if not PLACEHOLDER.fullmatch(address)]
    if not found:
        wanted = PLACEHOLDER.fullmatch(cell.strip(_AROUND + " ").lower())
        return Judged(
            None, (FieldWarning.EMAIL_PLACEHOLDER if wanted else FieldWarning.EMAIL_INVALID,)
        )
    address = (real or found)[0]
    codes = [FieldWarning.EMAIL_SEVERAL] if len(real) > 1 else []
    if not real:
        codes.append(FieldWarning.EMAIL_PLACEHOLDER)
    elif ROLE.fullmatch(address):
        codes.append(FieldWarning.EMAIL_ROLE)
    return Judged(address, tuple(codes))


def email_candidates(cell: str) -> list[str]:
    """The texts in ``cell`` that may each be an address, in the order written."""
    whole = cell.strip()
    if bracketed := _BRACKETED.findall(whole):
        pieces = bracketed
    else:
        pieces = _BETWEEN_ADDRESSES.split(_QUOTED_NAME.sub(" ", whole) if " " in whole else whole)
    return [piece for piece in map(_bare, pieces) if "@" in piece]


def parse_email(text: str) -> str | None:
    """The address ``text`` is, in the pipeline's form; None if it is none."""
    try:
        judged = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{judged.local_part.lower()}@{judged.ascii_domain.lower()}"


def _bare(text: str) -> str:
    text = text.strip(_AROUND)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return text.rstrip(".").strip(_AROUND)
