"""Values of custom fields: found by id or key, merged by id, checked against the picklist."""

import math
import re
from typing import Any

from contacts_pipeline.sandbox.answers import bad_request
from contacts_pipeline.sandbox.contacts import LocationStore
from contacts_pipeline.sandbox.options import SandboxCustomField, SandboxRules

PICK_ONE = frozenset({"SINGLE_OPTIONS", "RADIO"})
PICK_MANY = frozenset({"MULTIPLE_OPTIONS", "CHECKBOX"})
OBJECTS = frozenset({"FILE_UPLOAD", "SIGNATURE", "TEXTBOX_LIST"})
TEXTS = {
    "DATE": re.compile(r"\d{4}-\d{2}-\d{2}(T.*)?"),
    "PHONE": re.compile(r"\+[1-9]\d{4,14}"),
    "EMAIL": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
}
NUMBERS = frozenset({"NUMERICAL", "MONETORY", "FLOAT"})


def stored_custom_fields(
    items: list[dict[str, Any]], store: LocationStore, rules: SandboxRules
) -> dict[str, Any]:
    """Custom field id to value, None to clear; an unknown field is dropped without a word."""
    stored: dict[str, Any] = {}
    for item in items:
        definition = store.custom_field(item.get("id", ""), item.get("key", ""))
        if definition is None or "field_value" not in item:
            continue
        value = item["field_value"]
        if value is None or value in ("", []):
            switch = rules.null if value is None else rules.empty
            if switch == "clears":
                stored[definition.id] = None
        elif (rule := _rule_broken(definition, value, rules)) == "refused":
            raise bad_request(f"Invalid value for custom field {definition.key}")
        elif rule != "dropped":
            _refuse_bad_picklist(definition, value)
            stored[definition.id] = value
    return stored


def _rule_broken(definition: SandboxCustomField, value: object, rules: SandboxRules) -> str | None:
    """What the switches say of a value that its field's type does not take, else None."""
    kind = definition.data_type
    if kind in NUMBERS:
        return None if _is_number(value) else rules.bad_number
    if kind in OBJECTS:
        return None if isinstance(value, dict | list) else rules.bad_custom_value
    if shape := TEXTS.get(kind):
        fits = isinstance(value, str) and shape.fullmatch(value)
        return None if fits else rules.bad_custom_value
    return None


def _refuse_bad_picklist(definition: SandboxCustomField, value: object) -> None:
    options = definition.picklist
    if definition.data_type in PICK_ONE:
        picked = [value]
    elif definition.data_type in PICK_MANY:
        picked = value if isinstance(value, list) else [value]
    else:
        return
    if options and not definition.allows_other and any(item not in options for item in picked):
        raise bad_request(f"Invalid option for custom field {definition.key}")


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        return True
    try:
        return math.isfinite(float(value if isinstance(value, str) else ""))
    except ValueError:
        return False
