"""What the CRM holds, compared with what was sent."""

from typing import Any

import pytest

from contacts_pipeline.crm import StoredContact
from contacts_pipeline.push.echo import differences, holds, missing_fields

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


@pytest.mark.parametrize(
    ("sent", "stored", "told"),
    [
        ({"city": "Rome"}, {"city": "ROME "}, []),
        ({"city": "Rome"}, {}, [("not_stored", "city")]),
        ({"city": "Rome"}, {"city": "Bari"}, [("stored_changed", "city")]),
        ({"city": None}, {"city": ""}, []),
        ({"city": None}, {"city": "Rome"}, [("stored_changed", "city")]),
        ({"phone": "+12125550101"}, {"phone": "+1 (212) 555-0101"}, []),
        ({"phone": "+497112842222"}, {"phone": "0711 2842222"}, []),
        ({"phone": "+497112842222"}, {"phone": "0711 2842223"}, [("stored_changed", "phone")]),
        ({"phone": "+497112842222"}, {"phone": ""}, [("not_stored", "phone")]),
        ({"dateOfBirth": "1990-02-03"}, {"dateOfBirth": "1990-02-03T00:00:00.000Z"}, []),
        ({"dnd": True}, {"dnd": False}, [("stored_changed", "dnd")]),
        ({"dnd": True}, {}, []),
        ({"tags": ["VIP"]}, {"tags": ["vip"]}, []),
        ({"tags": ["vip"]}, {"tags": []}, [("not_stored", "tags")]),
        (OPTIONS, {"customFields": []}, [("not_stored", "customFields")]),
        ({"gender": "f", "name": "Ada Byron", "locationId": "acme"}, {"gender": "m"}, []),
    ],
)
def test_field_of_the_answer_is_stored_dropped_or_changed(
    sent: dict[str, Any], stored: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    found = differences(sent, StoredContact("c1", stored), "overwrite")
    assert [(one["code"], one["field"]) for one in found] == told
    assert all(one["detail"] == "c1" for one in found)
