"""What a contact holds once the CRM has taken a row of the plan, as the ledger writes it down.

The texts of a body are hashed when they are sent, not for a million rows of which none may be.
"""

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic_core import from_json, to_json

from contacts_pipeline.keyed_hash import keyed_hash

_PLACE = "locationId"
_CUSTOM = "customFields."
_READ = json.JSONDecoder().raw_decode


def hashes_after(
    row: Mapping[str, Any], key: bytes, custom: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """API field to keyed hash: what the row's body says, and what the plan knows beside it.

    ``custom``: id to JSON of the custom fields, as the CRM told them after the request. Each that
    the body names is kept by itself as well, since the CRM holds others beside them.
    """
    known: dict[str, str] = from_json(row["hashes"])
    if row["body"] is None:
        return known
    texts = _texts(row["body"])
    texts.pop(_PLACE, None)  # an update names it in the path
    said = {field: keyed_hash(key, field, text) for field, text in texts.items()}
    if "customFields" not in texts:
        return known | said
    others = {field: text for field, text in known.items() if not field.startswith(_CUSTOM)}
    named = [item["id"] for item in json.loads(texts["customFields"]) if item["id"] in custom]
    told = {custom_field(one): keyed_hash(key, custom_field(one), custom[one]) for one in named}
    return others | said | told


def custom_field(custom_field_id: str) -> str:
    """The name under which one custom field is hashed."""
    return f"{_CUSTOM}{custom_field_id}"


def with_tags_apart(row: Mapping[str, Any], key: bytes) -> Mapping[str, Any]:
    """The row with its tags beside the body, to be added to those that others gave."""
    texts = _texts(row["body"])
    if "tags" not in texts:
        return row
    tags = texts.pop("tags")
    hashes = json.loads(row["hashes"]) | {"tags": keyed_hash(key, "tags", tags)}
    body = ",".join(f'"{field}":{text}' for field, text in texts.items())
    apart = {"body": f"{{{body}}}", "add_tags": json.loads(tags), "hashes": json.dumps(hashes)}
    return {**row, **apart}


def _texts(body: str) -> dict[str, str]:
    """The fields of a body with their JSON as it stands there: another writing, another hash."""
    values = from_json(body)
    if to_json(values).decode() == body:  # then so is each field's; reading where it ends is slow
        return {field: to_json(value).decode() for field, value in values.items()}
    return dict(_texts_by_place(body))


def _texts_by_place(body: str) -> Iterator[tuple[str, str]]:
    at = 1
    while at < len(body) - 1:
        field, colon = _READ(body, at)
        _, end = _READ(body, colon + 1)
        yield field, body[colon + 1 : end]
        at = end + 1
