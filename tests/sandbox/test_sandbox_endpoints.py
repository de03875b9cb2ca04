"""The other endpoints: create, get, update, delete, tags, searches, locations, users."""

import time

import pytest

from contacts_pipeline.sandbox import Reply, RunningSandbox, SandboxCustomField, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox

ADA = "ada@example.com"


def search(crm: RunningSandbox, **body: object) -> Reply:
    return crm.call("POST", "/contacts/search", {"locationId": "acme", **body})


def duplicate(crm: RunningSandbox, query: str) -> Reply:
    return crm.call("GET", f"/contacts/search/duplicate?locationId=acme&{query}")


def test_create_refuses_a_duplicate(crm: RunningSandbox) -> None:
    created = crm.call("POST", "/contacts/", {"locationId": "acme", "email": ADA})
    assert created.status == 201
    refused = crm.call("POST", "/contacts", {"locationId": "acme", "email": ADA})
    assert refused.status == 400
    contact_id = created.json["contact"]["id"]
    assert refused.json["meta"] == {"contactId": contact_id, "matchingField": "email"}


def test_get_shows_and_delete_removes(crm: RunningSandbox) -> None:
    contact_id = crm.upsert(email=ADA).json["contact"]["id"]
    assert crm.call("GET", f"/contacts/{contact_id}").json["contact"]["email"] == ADA
    assert crm.call("DELETE", f"/contacts/{contact_id}").json["succeded"] is True
    assert crm.contacts() == []
    assert crm.upsert(email=ADA).json["new"] is True


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_missing_contact_is_400(crm: RunningSandbox, method: str) -> None:
    reply = crm.call(method, "/contacts/nobody", {} if method == "PUT" else None)
    assert (reply.status, reply.json["statusCode"]) == (400, 400)


def test_update_by_id_takes_no_location(crm: RunningSandbox) -> None:
    contact_id = crm.upsert(email=ADA, companyName="Analytical").json["contact"]["id"]
    path = f"/contacts/{contact_id}"
    reply = crm.call("PUT", path, {"email": "countess@example.com", "source": None})
    assert (reply.status, reply.json["succeded"]) == (200, True)
    assert crm.contacts()[0]["email"] == "countess@example.com"
    for undeclared in ("locationId", "companyName", "gender", "createNewIfDuplicateAllowed"):
        refused = crm.call("PUT", path, {undeclared: "x"})
        assert (refused.status, refused.json["message"]) == (
            422, [f"property {undeclared} should not exist"],
        )  # fmt: skip
    assert crm.upsert(email=ADA).json["new"] is True


@pytest.mark.parametrize(("rule", "status"), [("refused", 400), ("stored", 200)])
def test_update_to_a_held_value(crm_sandbox: StartSandbox, rule: str, status: int) -> None:
    crm = crm_sandbox("acme", rules={"put_duplicate": rule})
    _, other = crm.seed_contacts("acme", [{"email": ADA}, {"email": "bob@example.com"}])
    assert crm.call("PUT", f"/contacts/{other}", {"email": ADA}).status == status


def test_tags_are_added_and_removed(crm: RunningSandbox) -> None:
    contact_id = crm.upsert(email=ADA, tags=["lead"]).json["contact"]["id"]
    path = f"/contacts/{contact_id}/tags"
    added = crm.call("POST", path, {"tags": ["VIP", "lead"]})
    assert added.status == 201
    assert (added.json["tags"], added.json["tagsAdded"]) == (["lead", "vip"], ["vip"])
    removed = crm.call("DELETE", path, {"tags": ["Lead", "never"]})
    assert removed.status == 200
    assert (removed.json["tags"], removed.json["tagsRemoved"]) == (["vip"], ["lead"])
    assert crm.call("POST", path, {"tags": "vip"}).status == 422


def test_bulk_tags_answer_for_each_contact(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme", "other")
    ours, gone = crm.seed_contacts("acme", [{"email": ADA, "tags": ["old"]}, {"email": "b@b.org"}])
    (foreign,) = crm.seed_contacts("other", [{"email": ADA}])
    crm.call("DELETE", f"/contacts/{gone}")
    body = {"locationId": "acme", "contacts": [ours, "x", gone, foreign], "tags": ["New"]}
    added = crm.call("POST", "/contacts/bulk/tags/update/add", body)
    assert added.status == 201
    assert (added.json["succeded"], added.json["errorCount"]) == (True, 3)
    first, *rest = added.json["responses"]
    assert (first["type"], first["oldTags"], first["tagsAdded"]) == ("success", ["old"], ["new"])
    assert [one["message"] for one in rest] == [
        "contact id is not a valid firebase id",
        "contact is deleted",
        "contact does not belong to location",
    ]
    emptied = crm.call(
        "POST", "/contacts/bulk/tags/update/remove",
        {"locationId": "acme", "contacts": [ours], "tags": [], "removeAllTags": True},
    )  # fmt: skip
    assert emptied.json["responses"][0]["tagsRemoved"] == ["old", "new"]
    assert crm.contacts("acme")[0]["tags"] == []


def test_search_pages_and_goes_on_after_the_window(crm: RunningSandbox) -> None:
    ids = crm.seed_contacts("acme", [{"email": f"p{number}@x.org"} for number in range(1_203)])
    seen: list[str] = []
    cursor: dict[str, object] = {}
    while page := search(crm, pageLimit=500, **cursor).json["contacts"]:
        seen += [row["id"] for row in page]
        cursor = {"searchAfter": page[-1]["searchAfter"]}
    assert sorted(seen) == sorted(ids)
    third = search(crm, pageLimit=500, page=3).json
    assert (len(third["contacts"]), third["total"]) == (203, 1_203)
    assert search(crm, pageLimit=500, page=20).status == 200
    assert search(crm, pageLimit=500, page=21).status == 400
    assert search(crm, pageLimit=501).status == 422
    assert search(crm, searchAfter=["x"]).status == 422
    assert search(crm, page=1, searchAfter=[1, "x"]).status == 400


def test_search_filters_email_and_phone(crm: RunningSandbox) -> None:
    crm.seed_contacts("acme", [{"email": ADA, "phone": "+12025550101"}, {"email": "bob@x.org"}])

    def found(*filters: object) -> list[str]:
        rows = search(crm, filters=list(filters)).json["contacts"]
        return sorted(row["email"] for row in rows)

    assert found({"field": "email", "operator": "eq", "value": "ADA@example.com"}) == [ADA]
    assert found({"field": "email", "operator": "contains", "value": "x.org"}) == ["bob@x.org"]
    assert found({"field": "email", "operator": "not_eq", "value": ADA}) == ["bob@x.org"]
    assert found({"field": "phone", "operator": "exists"}) == [ADA]
    assert found({"field": "phone", "operator": "not_exists"}) == ["bob@x.org"]
    either = {
        "group": "OR",
        "filters": [
            {"field": "email", "operator": "eq", "value": "bob@x.org"},
            {"field": "phone", "operator": "eq", "value": "+12025550101"},
        ],
    }
    assert found(either) == [ADA, "bob@x.org"]
    assert search(crm, filters=[{"field": "ssn", "operator": "eq", "value": "1"}]).status == 422


def test_search_sorts_by_either_date(crm: RunningSandbox) -> None:
    first = crm.upsert(email="one@x.org").json["contact"]["id"]
    time.sleep(0.005)
    crm.upsert(email="two@x.org")
    time.sleep(0.005)
    crm.upsert(email="one@x.org", city="London")
    newest = search(crm, sort=[{"field": "dateUpdated", "direction": "desc"}]).json["contacts"]
    oldest = search(crm, sort=[{"field": "dateAdded", "direction": "asc"}]).json["contacts"]
    assert newest[0]["id"] == oldest[0]["id"] == first


def test_search_lags_if_so_told(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme", rules={"search_lag_ms": 300})
    gone, _ = crm.seed_contacts("acme", [{"email": "gone@x.org"}, {"email": ADA, "city": "old"}])
    crm.upsert(email=ADA, city="new")
    crm.upsert(email="late@x.org")
    crm.call("DELETE", f"/contacts/{gone}")
    before = {row["email"]: row["city"] for row in search(crm).json["contacts"]}
    assert before == {"gone@x.org": None, ADA: "old"}
    assert duplicate(crm, "email=late@x.org").json["contact"] is not None
    time.sleep(0.35)
    after = {row["email"]: row["city"] for row in search(crm).json["contacts"]}
    assert after == {"late@x.org": None, ADA: "new"}


def test_duplicate_search_lags_if_so_told(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("acme", rules={"search_lag_ms": 300, "duplicate_search_lags": True})
    crm.upsert(email=ADA)
    assert duplicate(crm, f"email={ADA}").json["contact"] is None
    time.sleep(0.35)
    assert duplicate(crm, f"email={ADA}").json["contact"]["email"] == ADA


def test_duplicate_search_follows_the_sequence(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", match="phone,email"))
    crm.seed_contacts("acme", [{"email": ADA}, {"phone": "+12025550101"}])
    both = duplicate(crm, f"email={ADA}&number=%2B12025550101").json["contact"]
    assert both["phone"] == "+12025550101"
    assert duplicate(crm, f"email={ADA.upper()}").json["contact"]["email"] == ADA
    assert duplicate(crm, "email=nobody@x.org").json["contact"] is None
    assert crm.call("GET", f"/contacts/search/duplicate?email={ADA}").status == 422


def test_location_tells_duplicates_but_not_the_sequence(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", match="phone", allow_duplicates=True))
    reply = crm.call("GET", "/locations/acme")
    assert reply.json["location"]["settings"] == {"allowDuplicateContact": True}
    assert "phone" not in reply.text


def test_custom_fields_and_users_are_listed(crm_sandbox: StartSandbox) -> None:
    field = SandboxCustomField(key="tier", data_type="RADIO", picklist=("gold",))
    crm = crm_sandbox(SandboxLocation(id="acme", custom_fields=(field,), users=("grace",)))
    (listed,) = crm.call("GET", "/locations/acme/customFields").json["customFields"]
    assert (listed["fieldKey"], listed["dataType"]) == ("contact.tier", "RADIO")
    assert listed["picklistOptions"] == ["gold"]
    (user,) = crm.call("GET", "/users/?locationId=acme").json["users"]
    assert user["id"] == "grace"
