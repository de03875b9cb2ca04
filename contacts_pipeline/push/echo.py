"""The contact that the CRM answers with, compared with what was sent: 200 does not mean stored.

And with what it should hold besides: what differs there, people have edited since the last push.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from contacts_pipeline.crm import StoredContact
from contacts_pipeline.keyed_hash import keyed_hash
from contacts_pipeline.plan.hashes import custom_field
from contacts_pipeline.settings.edits import EDITABLE_TEXTS

Note = dict[str, str | None]
"""A warning of an outcome: code, field, and the ids of the contacts concerned as its detail."""

_UNCOMPARED = frozenset({"locationId", "gender", "name"})


def differences(
    sent: Mapping[str, Any], stored: StoredContact, tags_policy: str | None
) -> list[Note]:
    """Warnings ``not_stored`` (dropped) and ``stored_changed``, a field each, without values.

    Plain text fields are compared without regard to case; a phone by the digits that it has in
    national form; a date of birth by its day, since the CRM may answer with a timestamp. A list or
    map that the answer leaves out tells nothing; a gender that it knew already the CRM ignores, and
    a full name it takes apart.
    """
    found = []
    for field, wanted in sent.items():
        held = stored.value(field)
        if held == wanted and isinstance(wanted, str):
            continue
        is_told = field in EDITABLE_TEXTS or field in stored.fields
        if field in _UNCOMPARED or not is_told or _holds(field, held, wanted, tags_policy):
            continue
        is_empty = held is None or held in ("", [], {})
        found.append(_warning("not_stored" if is_empty else "stored_changed", field, stored))
    return found


def edits(expected: Mapping[str, str], stored: StoredContact, key: bytes) -> list[Note]:
    """Warnings ``crm_edited``, a field each, where the contact does not hold what it held last.

    ``expected``: API field to keyed hash, of fields that were not sent. Tags and do-not-disturb
    have policies of their own, and what is empty is no edit: the CRM may never have stored it.
    """
    found = []
    for field in EDITABLE_TEXTS:
        held = stored.value(field)
        if field not in expected or not isinstance(held, str) or not held:
            continue
        if field == "phone" and not held.startswith("+"):  # in national form
            continue
        if keyed_hash(key, field, _written(field, held)) != expected[field]:
            found.append(_warning("crm_edited", field, stored))
    if "customFields" in expected and _has_edited_custom_field(expected, stored, key):
        found.append(_warning("crm_edited", "customFields", stored))
    return found


def _has_edited_custom_field(
    expected: Mapping[str, str], stored: StoredContact, key: bytes
) -> bool:
    named = {custom_field(name): value for name, value in stored.custom_values.items()}
    return any(
        keyed_hash(key, name, value) != expected[name]
        for name, value in named.items()
        if name in expected
    )


def missing_fields(
    stored: StoredContact, sent: Mapping[str, Any], tags_policy: str | None
) -> list[str]:
    """The fields of ``sent`` that the CRM does not hold as they were sent.

    A gender that it knew already the CRM ignores, so that one is not asked for. Under the policy
    'add' other tags beside those sent are no difference.
    """
    return [
        field
        for field, wanted in sent.items()
        if field not in {"locationId", "gender"}
        and not _holds(field, stored.value(field), wanted, tags_policy)
    ]


def holds(stored: StoredContact, sent: Mapping[str, Any], tags_policy: str | None) -> bool:
    """Whether the CRM has every field of ``sent``, lists and nulls included.

    What can't be compared counts as missing: sending again does no harm, leaving out a
    do-not-contact does.
    """
    return all(
        _holds(field, stored.value(field), wanted, tags_policy)
        for field, wanted in sent.items()
        if field != "locationId"
    )


def _holds(field: str, held: Any, wanted: Any, tags_policy: str | None = None) -> bool:
    match field, wanted:
        case _, None:
            return held is None or held == ""
        case "tags", list():
            there, sent = _texts(_listed(held)), _texts(wanted)
            return sent <= there if tags_policy == "add" else sent == there
        case "customFields", list():
            values = {
                str(item.get("id")): item.get("value")
                for item in _listed(held)
                if isinstance(item, dict)
            }
            return all(
                _options(values.get(item["id"])) == _options(item.get("field_value"))
                for item in wanted
            )
        case _, dict():
            return isinstance(held, dict) and all(
                _holds(key, held.get(key), value) for key, value in wanted.items()
            )
        case _, bool():
            return held is wanted
    return held is not None and _is_same(field, str(held), str(wanted))


def _is_same(field: str, held: str, wanted: str) -> bool:
    if held == wanted:
        return True
    if field == "phone":
        return _dials_the_same(held, wanted)
    return _comparable(field, held) == _comparable(field, wanted)


def _dials_the_same(held: str, wanted: str) -> bool:
    """The CRM may hold a number in national form, with or without a trunk zero."""
    one, other = (re.sub(r"\D", "", phone).lstrip("0") for phone in (held, wanted))
    return bool(one and other) and (one.endswith(other) or other.endswith(one))


def _listed(held: Any) -> list[Any]:
    return held if isinstance(held, list) else []


def _options(value: Any) -> set[str]:
    return _texts(value if isinstance(value, list) else [value])


def _texts(values: list[Any]) -> set[str]:
    return {str(value).strip().casefold() for value in values}


def _comparable(field: str, value: str) -> str:
    text = value.strip().casefold()
    return text[:10] if field == "dateOfBirth" else text


def _written(field: str, value: str) -> str:
    """As a body would say it: what the hashes of a plan are made of."""
    match field:
        case "email":
            value = value.strip().lower()
        case "dateOfBirth":
            value = value[:10]
    return json.dumps(value, ensure_ascii=False)


def _warning(code: str, field: str, stored: StoredContact) -> Note:
    return {"code": code, "field": field, "detail": stored.id}
