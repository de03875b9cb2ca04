"""An email cell as people fill it in, judged by email-validator (RFC 5321, 6531, IDNA 2008).

The first usable address is sent, lower-cased, its domain as ASCII. Placeholders and role
addresses are fine by syntax; they get codes of their own.
"""

import re
from functools import lru_cache
from string import ascii_lowercase, digits

from email_validator import EmailNotValidError, validate_email

from contacts_pipeline.prepare.codes import FieldWarning
from contacts_pipeline.prepare.phones import MEMO_SIZE, Judged

_BETWEEN_ADDRESSES = re.compile(r"[;,\s]+")
_BETWEEN_SEVERAL = re.compile(r"[;,\s|/]+")
_BRACKETED = re.compile(r"<[^<>]*>")
_NAMED_OR_BARE = re.compile(r'(?:"[^"]*"|[^<>,;|"])*<([^<>]*)>|([^<>\s;,|]+)')
"""``"Berg, Anna" <anna@example.org>``, or a word of its own."""

_QUOTED_NAME = re.compile(r'"[^"@]*"')
_LISTED = re.compile(r"[\[{`](.*)[\]}`]", re.DOTALL)
_AROUND = "\"'<>()[]\u201c\u201d\u2018\u2019«»\u00a0\u200b\ufeff"
_LOOSE_WORDS = re.compile(r"[^\s;,/|:>)\]}\u201d»]\s+(?![<(\[{\u201c«])[^\s;,]*@")
"""A word, a blank and the start of an address, with neither separator nor bracket between."""

_PLAIN_MAILBOX = re.compile(r"[A-Za-z0-9_+&=-]+(?:\.[A-Za-z0-9_+&=-]+)*")
_SHORT = 64
_LONGEST = 254
"""Of a mailbox (RFC 5321, 4.5.3.1.1) and of a whole address (RFC 3696, erratum 1690)."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOBODY = _words(
    "none noemail no-email no_email nomail donotemail do-not-email notprovided not-provided"
    " placeholder keine"
)
"""Stand-ins for 'has no email', on either side of the @."""

MADE_UP_PEOPLE = NOBODY | _words(
    "no no.email no-mail nobody noone na n.a null nil unknown test tester testing test1 test123"
    " asdf qwerty aaa abc xxx xyz foo bar fake dummy donotreply email mail name user yourname"
    " example sample invalid notavailable noreply refused declined anonymous 123 1234 12345"
)
MADE_UP_HOSTS = NOBODY | _words(
    "no nobody noone nowhere na null nil unknown test testing asdf qwerty aaa abc xxx xyz foo bar"
    " fake dummy noreply email example sample invalid domain yourdomain refused declined anonymous"
    " 123 1234 12345"
)
"""First label of the domain."""

ONE_KEY = frozenset(key * times for key in ascii_lowercase + digits for times in (1, 2))
"""Typed to get past a form, on both sides of the @ alike: a@a.com, xx@xx.com."""

ROLES = _words(
    "abuse accounting accounts admin administracion administrator billing booking bookings"
    " buchhaltung careers comercial commercial compliance compta contact contacto customerservice"
    " donotreply do-not-reply empfang enquiries enquiry facturacion feedback finance ftp hello help"
    " helpdesk hostmaster hr info information inquiries invoice invoices it jobs kontakt legal mail"
    " marketing media news newsletter noc noreply no-reply office order orders postmaster press"
    " privacy rechnung reception registrar reservations root sales secretariat security segreteria"
    " service spam subscribe support sysadmin team usenet uucp ventas verkauf vertrieb webmaster"
    " www"
)
"""Mailboxes of a function, not of a person: RFC 2142 and what is common."""


@lru_cache(MEMO_SIZE)
def judge_email(cell: str) -> Judged:
    """The first usable address of ``cell``; a placeholder only where there is no other."""
    candidates = email_candidates(cell)
    found = list(dict.fromkeys(filter(None, map(parse_email, candidates))))
    real = [address for address in found if not is_placeholder(address)]
    if not found:
        made_up = any(map(is_placeholder, map(str.lower, candidates)))
        code = FieldWarning.EMAIL_PLACEHOLDER if made_up else FieldWarning.EMAIL_INVALID
        return Judged(None, (code,))
    codes = [FieldWarning.EMAIL_SEVERAL] if len(real) > 1 else []
    address = (real or found)[0]
    if not real:
        codes.append(FieldWarning.EMAIL_PLACEHOLDER)
    elif address.partition("@")[0] in ROLES:
        codes.append(FieldWarning.EMAIL_ROLE)
    return Judged(address, tuple(codes))


def email_candidates(cell: str) -> list[str]:
    """The texts in ``cell`` that may each be an address, in the order written.

    None where loose words stand before the only one: ``jane doe@x.org`` may well be a
    misspelt ``jane.doe@x.org``, and ``doe@x.org`` somebody else.
    """
    if listed := _LISTED.fullmatch(cell):
        cell = listed[1]
    if _BRACKETED.search(cell):
        pieces = [named or bare for named, bare in _NAMED_OR_BARE.findall(cell)]
    else:
        several = cell.count("@") > 1
        unquoted = _QUOTED_NAME.sub(" ", cell) if " " in cell.strip() else cell
        if not several and _LOOSE_WORDS.search(unquoted):
            return []
        pieces = (_BETWEEN_SEVERAL if several else _BETWEEN_ADDRESSES).split(unquoted)
    return [piece for piece in map(_bare, pieces) if "@" in piece]


def is_placeholder(address: str) -> bool:
    """Whether ``address`` stands for having none, such as none@none.com or test@test."""
    mailbox, _, domain = address.partition("@")
    host = domain.partition(".")[0]
    return (
        mailbox in NOBODY
        or host in NOBODY
        or (mailbox in MADE_UP_PEOPLE and host in MADE_UP_HOSTS)
        or (mailbox == host and host in ONE_KEY)
    )


def parse_email(text: str) -> str | None:
    """The address that ``text`` is, in the pipeline's form; None if it is none.

    The two sides of an address are judged each by itself, all but its length, and many share
    their domain: beside a plain mailbox only the domain is asked for, once.
    """
    mailbox, _, domain = text.rpartition("@")
    if len(mailbox) <= _SHORT and len(domain) <= _SHORT and _PLAIN_MAILBOX.fullmatch(mailbox):
        known = ascii_domain(domain)
        if known is None or len(known) <= _LONGEST - _SHORT - 1:
            return known and f"{mailbox.lower()}@{known}"
    try:
        judged = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return None
    return f"{judged.local_part.lower()}@{judged.ascii_domain.lower()}"


@lru_cache(MEMO_SIZE)
def ascii_domain(domain: str) -> str | None:
    """``domain`` in lower case and ASCII; None if there can be no mail for it."""
    try:
        judged = validate_email(f"a@{domain}", check_deliverability=False)
    except EmailNotValidError:
        return None
    return judged.ascii_domain.lower()


def _bare(text: str) -> str:
    text = text.strip(_AROUND)
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    return text.rstrip(".").strip(_AROUND)
