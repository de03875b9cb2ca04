"""The contact that the CRM answers with, compared with what was sent: 200 does not mean stored."""

from collections.abc import Mapping
from typing import Any

from contacts_pipeline.crm import StoredContact

_COMPARED = (
    "email",
    "phone",
    "firstName",
    "lastName",
    "address1",
    "city",
    "state",
    "postalCode",
    "country",
    "website",
    "timezone",
    "companyName",
    "dateOfBirth",
    "source",
    "assignedTo",
)


def differences(sent: Mapping[str, Any], stored: StoredContact) -> list[dict[str, str | None]]:
    """Warnings ``not_stored`` (dropped) and ``stored_changed``, a field each, without values.

    Plain text fields are compared without regard to case; a date of birth by its day, since the
    CRM may answer with a timestamp. Fields that only live in lists are not compared.
    """
    found = []
    for field in _COMPARED:
        wanted = sent.get(field)
        if wanted is None:
            continue
        held = stored.value(field)
        if held == wanted:
            continue
        if held is None or held == "":
            found.append(_warning("not_stored", field, stored))
        elif _comparable(field, held) != _comparable(field, wanted):
            found.append(_warning("stored_changed", field, stored))
    return found


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
    return held is not None and _comparable(field, held) == _comparable(field, wanted)


def _listed(held: Any) -> list[Any]:
    return held if isinstance(held, list) else []


def _options(value: Any) -> set[str]:
    return _texts(value if isinstance(value, list) else [value])


def _texts(values: list[Any]) -> set[str]:
    return {str(value).strip().casefold() for value in values}


def _comparable(field: str, value: Any) -> str:
    text = str(value).strip().casefold()
    return text[:10] if field == "dateOfBirth" else text


def _warning(code: str, field: str, stored: StoredContact) -> dict[str, str | None]:
    return {"code": code, "field": field, "detail": stored.id}
