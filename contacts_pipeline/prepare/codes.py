"""The codes of this room: why a row can't be sent, what was dropped or changed, why rows merged.

They are stable: reports, alerts and tests name them. ``docs/identity.md`` lists them all.
"""

from enum import StrEnum


class Rejection(StrEnum):
    """Why a row can't be sent, in order of precedence."""

    LOCATION_UNKNOWN = "location_unknown"
    LOCATION_DISABLED = "location_disabled"
    KEY_MISSING = "key_missing"
    KEY_DUPLICATE = "key_duplicate"
    EMAIL_PLACEHOLDER = "email_placeholder"
    EMAIL_ROLE = "email_role"
    NO_MATCH_FIELD = "no_match_field"


class FieldWarning(StrEnum):
    """What was dropped or changed in a row that is sent all the same."""

    PHONE_INVALID = "phone_invalid"
    PHONE_SEVERAL = "phone_several"
    EXTENSION_DROPPED = "extension_dropped"
    EMAIL_INVALID = "email_invalid"
    EMAIL_SEVERAL = "email_several"
    EMAIL_PLACEHOLDER = "email_placeholder"
    EMAIL_ROLE = "email_role"
    COUNTRY_UNKNOWN = "country_unknown"
    COUNTRY_GUESSED = "country_guessed"
    DATE_INVALID = "date_invalid"
    DATE_AMBIGUOUS = "date_ambiguous"
    DATE_FUTURE = "date_future"
    TIMEZONE_UNKNOWN = "timezone_unknown"
    WEBSITE_INVALID = "website_invalid"
    POSTAL_CODE_PADDED = "postal_code_padded"
    DND_UNREADABLE = "dnd_unreadable"
    UPDATED_AT_INVALID = "updated_at_invalid"


class Reason(StrEnum):
    """Why a source row is in its identity, or where a survived value comes from."""

    SAME_EMAIL = "same_email"
    SAME_PHONE = "same_phone"
    JOINED_BY_PHONE = "joined_by_phone"
    LINKED = "linked"
    NEWEST = "newest"
    MOST_FREQUENT = "most_frequent"
    SOURCE_PRIORITY = "source_priority"
    LONGEST = "longest"
    ANY_TRUE = "any_true"
    UNION = "union"
