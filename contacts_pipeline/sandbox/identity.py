"""Email and phone as the CRM stores and compares them.

Written from the API's description alone; the client has its own reading.
"""

import re

import phonenumbers

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
EMAIL_LENGTH = 254  # RFC 5321, path


def stored_email(text: str) -> str:
    """The form in which an address is stored and compared: trimmed, lower case."""
    return text.strip().lower()


def is_email(text: str) -> bool:
    """Whether a stored form looks like an address at all."""
    return len(text) <= EMAIL_LENGTH and EMAIL.fullmatch(text) is not None


def stored_phone(text: str, country: str) -> str | None:
    """E.164, or None for what no telephone network would take."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
