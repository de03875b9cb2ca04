"""A second reading of the rules: a list of dicts, and the numbered rules of the API's description.

Written without a look at the sandbox.
"""

from collections.abc import Iterable
from typing import Any

# what a person writes, and what the CRM is known to make of it; None can't be dialled
PHONES = {
    "+12025550101": "+12025550101",
    "(202) 555-0101": "+12025550101",
    "+442079460018": "+442079460018",
    "+49 711 2842222": "+497112842222",
    "12": None,
}
PLAIN = ("firstName", "lastName", "city", "gender", "email", "phone")
PICKLIST = ("gold", "silver")
Body = dict[str, Any]


class RefusedError(Exception):
    """400: nothing changes."""


class Model:
    """What the CRM holds, by the rules of its description."""

    def __init__(self, sequence: Iterable[str], *, twins: bool, switches: dict[str, str]) -> None:
        self.sequence = ("email", "phone") if twins else tuple(sequence)
        self.twins = twins
        self.switches = switches
        self.contacts: list[Body] = []

    def upsert(self, body: Body) -> tuple[bool, Body]:
        values = self.read(body)
        # 1. neither email nor phone: refused
        if not values.get("email") and not values.get("phone"):
            raise RefusedError
        # 2. the first field of the sequence that a contact holds decides
        found = self.find(values)
        # 3. told so, and allowed to: create without looking
        if found is None or (self.twins and body.get("createNewIfDuplicateAllowed")):
            return True, self.write({"tags": [], "custom": {}, "channels": {}, "more": []}, values)
        # 4. a permanent channel may not be changed
        self.check_channels(found, values)
        # 5. a match value that someone else holds is left out, without a word
        for name in self.sequence:
            holders = self.holders(name, values.get(name))
            if holders and not any(one is found for one in holders):
                del values[name]
        # 6. gender is for new contacts
        values.pop("gender", None)
        return False, self.write(found, values)

    def create(self, body: Body) -> Body:
        values = self.read(body)
        # 7. POST /contacts/ refuses what an upsert would have found
        if not self.twins and self.find(values):
            raise RefusedError
        return self.write({"tags": [], "custom": {}, "channels": {}, "more": []}, values)

    def update(self, contact: Body, body: Body) -> None:
        values = self.read(body)
        # 8. PUT refuses a match value that someone else holds
        for name in self.sequence:
            holders = self.holders(name, values.get(name))
            if not self.twins and holders and not any(one is contact for one in holders):
                raise RefusedError
        self.check_channels(contact, values)
        self.write(contact, values)

    def find(self, values: Body) -> Body | None:
        for name in self.sequence:
            if holders := self.holders(name, values.get(name)):
                # 9. of several contacts the oldest answers, or the newest
                return holders[-1 if self.switches.get("several_matches") == "newest" else 0]
        return None

    def holders(self, name: str, value: str | None) -> list[Body]:
        if not value:
            return []
        # 10. an additional email leads to its contact too
        return [
            contact
            for contact in self.contacts
            if contact.get(name) == value or (name == "email" and value in contact["more"])
        ]

    def read(self, body: Body) -> Body:
        values: Body = {
            name: body[name] or None for name in (*PLAIN, "name") if self.is_sent(body, name)
        }
        # 12. a full name is split where neither part is sent
        if "name" in values:
            first, _, last = (values.pop("name") or "").partition(" ")
            if "firstName" not in values and "lastName" not in values:
                values |= {"firstName": first or None, "lastName": last or None}
        # 13. email in lower case; phone as E.164, or dropped, or refused
        if email := values.get("email"):
            values["email"] = email.lower()
        if (phone := values.get("phone")) and (stored := PHONES[phone]):
            values["phone"] = stored
        elif phone and self.switches.get("bad_phone") == "refused":
            raise RefusedError
        elif phone:
            del values["phone"]
        # 14. tags in lower case, each once; they overwrite
        if "tags" in body:
            values["tags"] = sorted({tag.lower() for tag in body["tags"]})
        # 15. an unknown custom field is dropped, a bad option refuses all
        items = [item for item in body.get("customFields", ()) if item["key"] != "unknown"]
        if any(item["key"] == "tier" and item["field_value"] not in PICKLIST for item in items):
            raise RefusedError
        values["custom"] = {item["key"]: item["field_value"] for item in items}
        channels = body.get("dndSettings", {})
        return {**values, "channels": {key: one["status"] for key, one in channels.items()}}

    def is_sent(self, body: Body, name: str) -> bool:
        # 11. null clears, "" is as good as not sent, unless switched
        if name not in body or body[name]:
            return name in body
        if body[name] is None:
            return self.switches.get("null", "clears") == "clears"
        return self.switches.get("empty", "ignored") == "clears"

    def check_channels(self, contact: Body, values: Body) -> None:
        for channel, status in values.get("channels", {}).items():
            if contact["channels"].get(channel) == "permanent" != status:
                raise RefusedError

    def write(self, contact: Body, values: Body) -> Body:
        # 16. custom fields and channels are merged, all else is replaced
        for name in ("custom", "channels"):
            contact[name] = {**contact[name], **values.pop(name, {})}
        # 17. an additional email that is sent becomes primary; the old primary is gone
        contact["more"] = [one for one in contact["more"] if one != values.get("email")]
        contact |= values
        if not any(one is contact for one in self.contacts):
            self.contacts.append(contact)
        return contact
