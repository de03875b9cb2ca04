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
        if held is None or held == "":
            found.append(_warning("not_stored", field, stored))
        elif _comparable(field, held) != _comparable(field, wanted):
            found.append(_warning("stored_changed", field, stored))
    return found


def _comparable(field: str, value: Any) -> str:
    text = str(value).strip().casefold()
    return text[:10] if field == "dateOfBirth" else text


def _warning(code: str, field: str, stored: StoredContact) -> dict[str, str | None]:
    return {"code": code, "field": field, "detail": stored.id}
