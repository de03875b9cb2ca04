"""What the CRM holds, compared with what was sent."""

from typing import Any

import pytest

from contacts_pipeline.crm import StoredContact
from contacts_pipeline.push.echo import holds, missing_fields

OPTIONS = {"customFields": [{"id": "likes", "field_value": ["tea", "milk"]}]}


@pytest.mark.parametrize(
    ("sent", "stored", "tags_policy", "missing"),
    [
        ({"tags": ["vip"]}, {"tags": ["VIP", "lead"]}, "add", []),
        ({"tags": ["vip"]}, {"tags": ["vip", "lead"]}, "overwrite", ["tags"]),
        ({"tags": ["vip"]}, {"tags": ["lead"]}, "add", ["tags"]),
        ({"tags": ["vip"]}, {"tags": 5}, "add", ["tags"]),
        (OPTIONS, {"customFields": [{"id": "likes", "value": ["milk", "tea"]}]}, "add", []),
        (OPTIONS, {"customFields": [{"id": "likes", "value": ["milk"]}]}, "add", ["customFields"]),
        (OPTIONS, {"customFields": ["likes", None]}, "add", ["customFields"]),
        (OPTIONS, {"customFields": {"likes": "tea"}}, "add", ["customFields"]),
    ],
)
def test_order_and_others_tags_are_no_difference(
    sent: dict[str, Any], stored: dict[str, Any], tags_policy: str, missing: list[str]
) -> None:
    contact = StoredContact("c1", stored)
    assert missing_fields(contact, sent, tags_policy) == missing
    assert holds(contact, sent, tags_policy) is (missing == [])
