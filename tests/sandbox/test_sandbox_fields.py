"""What each field of a write means: stored forms, refusals, and the switches."""

from typing import Any

import pytest

from contacts_pipeline.sandbox import RunningSandbox, SandboxCustomField, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox

ADA = "ada@example.com"
FIELDS = (
    SandboxCustomField(key="tier", data_type="RADIO", picklist=("gold", "silver")),
    SandboxCustomField(key="likes", data_type="CHECKBOX", picklist=("tea", "jam")),
    SandboxCustomField(key="visits", data_type="NUMERICAL"),
    SandboxCustomField(key="note"),
)


@pytest.fixture
def custom(crm_sandbox: StartSandbox) -> RunningSandbox:
    return crm_sandbox(SandboxLocation(id="acme", custom_fields=FIELDS))


def stored_custom(contact: dict[str, Any]) -> dict[str, Any]:
    keys = {
        field.id: field.key
        for field in SandboxLocation(id="acme", custom_fields=FIELDS).custom_fields
    }
    return {keys[item["id"]]: item["value"] for item in contact["customFields"]}


@pytest.mark.parametrize("body", [{}, {"name": "Ada Byron"}, {"email": "", "phone": None}])
def test_neither_email_nor_phone_is_refused(crm: RunningSandbox, body: dict[str, Any]) -> None:
    reply = crm.upsert(**body)
    assert reply.status == 400
    assert isinstance(reply.json["message"], str)
    assert crm.contacts() == []


def test_what_is_not_sent_stays(crm: RunningSandbox) -> None:
    crm.upsert(email=ADA, firstName="Ada", city="London", dnd=True, tags=["x"])
    contact = crm.upsert(email=ADA, city="Ockham").json["contact"]
    assert (contact["firstName"], contact["city"]) == ("Ada", "Ockham")
    assert (contact["dnd"], contact["tags"]) == (True, ["x"])


@pytest.mark.parametrize(("rule", "city"), [("clears", None), ("ignored", "London")])
def test_null_clears_or_is_ignored(crm_sandbox: StartSandbox, rule: str, city: str | None) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", custom_fields=FIELDS), rules={"null": rule})
    crm.upsert(email=ADA, city="London", customFields=[{"key": "note", "field_value": "x"}])
    cleared = [{"key": "note", "field_value": None}]
    contact = crm.upsert(email=ADA, city=None, customFields=cleared).json["contact"]
    assert contact["city"] == city
    assert stored_custom(contact) == ({} if city is None else {"note": "x"})


@pytest.mark.parametrize(("rule", "city"), [("clears", None), ("ignored", "London")])
def test_empty_text_clears_or_is_ignored(
    crm_sandbox: StartSandbox, rule: str, city: str | None
) -> None:
    crm = crm_sandbox("acme", rules={"empty": rule})
    crm.upsert(email=ADA, city="London")
    assert crm.upsert(email=ADA, city="").json["contact"]["city"] == city


def test_email_is_lower_cased(crm: RunningSandbox) -> None:
    assert crm.upsert(email=" Ada@Example.COM ").json["contact"]["email"] == ADA
    assert crm.upsert(email="ADA@example.com").json["new"] is False


def test_bad_email_is_refused_or_stored(crm_sandbox: StartSandbox) -> None:
    refused = crm_sandbox("acme").upsert(email="ada(at)example", phone="+12025550101")
    assert (refused.status, refused.json["message"]) == (422, ["email must be an email"])
    stored = crm_sandbox("acme", rules={"bad_email": "stored"}).upsert(email="ada(at)example")
    assert stored.json["contact"]["email"] == "ada(at)example"


@pytest.mark.parametrize(
    ("country", "sent", "stored"),
    [
        ("US", "(202) 555-0101", "+12025550101"),
        ("GB", "020 7946 0018", "+442079460018"),
        ("US", "+49 711 2842222", "+497112842222"),
    ],
)
def test_phone_is_stored_as_e164(
    crm_sandbox: StartSandbox, country: str, sent: str, stored: str
) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", country=country))
    assert crm.upsert(phone=sent).json["contact"]["phone"] == stored
    assert crm.upsert(phone=stored).json["new"] is False


def test_bad_phone_is_dropped_or_refused(crm_sandbox: StartSandbox) -> None:
    dropping = crm_sandbox("acme")
    assert dropping.upsert(email=ADA, phone="12").json["contact"]["phone"] is None
    assert dropping.upsert(phone="12").status == 400
    refusing = crm_sandbox("acme", rules={"bad_phone": "refused"})
    assert refusing.upsert(email=ADA, phone="12").status == 400
    assert refusing.contacts() == []


def test_full_name_is_split_or_kept(crm_sandbox: StartSandbox) -> None:
    splitting = crm_sandbox("acme")
    contact = splitting.upsert(email=ADA, name="Ada King Byron").json["contact"]
    assert (contact["firstName"], contact["lastName"]) == ("Ada", "King Byron")
    contact = splitting.upsert(email=ADA, name="X Y", firstName="Augusta").json["contact"]
    assert (contact["firstName"], contact["lastName"]) == ("Augusta", "King Byron")
    keeping = crm_sandbox("acme", rules={"full_name": "kept"})
    contact = keeping.upsert(email=ADA, name="Ada King").json["contact"]
    assert (contact["name"], contact["firstName"]) == ("Ada King", None)


def test_tags_overwrite_and_are_lower_cased(crm: RunningSandbox) -> None:
    crm.upsert(email=ADA, tags=["VIP", "Lead"])
    assert crm.contacts()[0]["tags"] == ["lead", "vip"]
    crm.upsert(email=ADA, tags=["Customer", "customer"])
    assert crm.contacts()[0]["tags"] == ["customer"]
    crm.upsert(email=ADA, tags=[])
    assert crm.contacts()[0]["tags"] == []


def test_custom_fields_merge_by_id_or_key(custom: RunningSandbox) -> None:
    listed = custom.call("GET", "/locations/acme/customFields").json["customFields"]
    ids = {field["fieldKey"]: field["id"] for field in listed}
    custom.upsert(email=ADA, customFields=[{"key": "contact.note", "field_value": "x"}])
    by_id = [{"id": ids["contact.visits"], "field_value": 3}]
    contact = custom.upsert(email=ADA, customFields=by_id).json["contact"]
    assert stored_custom(contact) == {"note": "x", "visits": 3}


def test_unknown_custom_field_is_dropped(custom: RunningSandbox) -> None:
    reply = custom.upsert(email=ADA, customFields=[{"id": "?", "key": "??", "field_value": 1}])
    assert (reply.status, reply.json["contact"]["customFields"]) == (200, [])


@pytest.mark.parametrize(("key", "value"), [("tier", "bronze"), ("likes", ["tea", "rum"])])
def test_bad_option_refuses_the_whole_request(
    custom: RunningSandbox, key: str, value: object
) -> None:
    reply = custom.upsert(email=ADA, customFields=[{"key": key, "field_value": value}])
    assert (reply.status, reply.json["statusCode"]) == (400, 400)
    assert custom.contacts() == []
    good = [{"key": "tier", "field_value": "gold"}, {"key": "likes", "field_value": ["jam"]}]
    contact = custom.upsert(email=ADA, customFields=good).json["contact"]
    assert stored_custom(contact) == {"tier": "gold", "likes": ["jam"]}


@pytest.mark.parametrize(
    ("rule", "status", "stored"),
    [("refused", 400, None), ("stored", 200, {"visits": "many"}), ("dropped", 200, {})],
)
def test_text_in_a_number_is_refused_stored_or_dropped(
    crm_sandbox: StartSandbox, rule: str, status: int, stored: dict[str, Any] | None
) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", custom_fields=FIELDS), rules={"bad_number": rule})
    reply = crm.upsert(email=ADA, customFields=[{"key": "visits", "field_value": "many"}])
    assert reply.status == status
    if stored is not None:
        assert stored_custom(reply.json["contact"]) == stored


def test_other_options_are_taken_where_the_field_allows_them(crm_sandbox: StartSandbox) -> None:
    likes = SandboxCustomField(
        key="likes", data_type="CHECKBOX", picklist=("tea",), allows_other=True
    )
    crm = crm_sandbox(SandboxLocation(id="acme", custom_fields=(likes,)))
    (listed,) = crm.call("GET", "/locations/acme/customFields").json["customFields"]
    assert listed["isAllowedCustomOption"] is True
    reply = crm.upsert(email=ADA, customFields=[{"key": "likes", "field_value": ["rum"]}])
    assert reply.status == 200


@pytest.mark.parametrize(
    ("rule", "status", "stored"), [("refused", 400, 0), ("stored", 200, 1), ("dropped", 200, 0)]
)
@pytest.mark.parametrize(
    ("kind", "value"),
    [("DATE", "3 April"), ("PHONE", "0711"), ("EMAIL", "ada"), ("FILE_UPLOAD", "a.pdf")],
)
def test_a_value_of_another_type_is_refused_stored_or_dropped(
    crm_sandbox: StartSandbox, kind: str, value: str, rule: str, status: int, stored: int
) -> None:
    typed = SandboxCustomField.model_validate({"key": "typed", "data_type": kind})
    here = SandboxLocation(id="acme", custom_fields=(typed,))
    crm = crm_sandbox(here, rules={"bad_custom_value": rule})
    reply = crm.upsert(email=ADA, customFields=[{"key": "typed", "field_value": value}])
    assert reply.status == status
    if status == 200:
        assert len(reply.json["contact"]["customFields"]) == stored


def test_gender_is_ignored_on_update(crm: RunningSandbox) -> None:
    assert crm.upsert(email=ADA, gender="female").json["contact"]["gender"] == "female"
    reply = crm.upsert(email=ADA, gender="male", city="London")
    assert (reply.status, reply.json["contact"]["gender"]) == (200, "female")


def test_permanent_channel_refuses_change(crm: RunningSandbox) -> None:
    crm.upsert(email=ADA, dndSettings={"SMS": {"status": "permanent"}})
    refused = crm.upsert(email=ADA, city="London", dndSettings={"SMS": {"status": "inactive"}})
    assert (refused.status, refused.json["statusCode"]) == (400, 401)
    assert crm.contacts()[0]["city"] is None
    other = crm.upsert(email=ADA, city="London", dndSettings={"Call": {"status": "active"}})
    assert other.status == 200


@pytest.mark.parametrize(
    ("rule", "channels"), [("merged", {"SMS", "Email"}), ("replaced", {"Email"})]
)
def test_channels_are_merged_or_replaced(
    crm_sandbox: StartSandbox, rule: str, channels: set[str]
) -> None:
    crm = crm_sandbox("acme", rules={"channels": rule})
    crm.upsert(email=ADA, dndSettings={"SMS": {"status": "active", "message": "m", "code": "c"}})
    contact = crm.upsert(email=ADA, dndSettings={"Email": {"status": "inactive"}}).json["contact"]
    assert set(contact["dndSettings"]) == channels


@pytest.mark.parametrize(
    ("rule", "status", "stored"),
    [("refused", 400, None), ("dropped", 200, None), ("stored", 200, "nobody")],
)
def test_unknown_user_is_refused_dropped_or_stored(
    crm_sandbox: StartSandbox, rule: str, status: int, stored: str | None
) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", users=("grace",)), rules={"unknown_user": rule})
    reply = crm.upsert(email=ADA, assignedTo="nobody")
    assert reply.status == status
    if status == 200:
        assert reply.json["contact"]["assignedTo"] == stored
    assert crm.upsert(email=ADA, assignedTo="grace").json["contact"]["assignedTo"] == "grace"
