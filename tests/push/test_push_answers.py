"""What the answer to a request shows beyond that it was taken: dropped values, people's edits."""

import json
from pathlib import Path

import pytest

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.edge import Edge
from tests.push.conftest import MakeProject
from tests.push.project import EveryField, Project, people, person

PHONE = "+12125550444"
FIRST_RUN = {"crm_snapshot": "first_run"}


def warnings(acme: Project, key: str = "acme-0") -> set[tuple[str, str, str]]:
    found = json.loads(acme.outcomes()[key]["warnings"])
    return {(one["code"], one["field"], one["detail"]) for one in found}


def test_phone_that_the_crm_silently_drops_is_told_with_both_contacts(
    crm: RunningSandbox, project: MakeProject
) -> None:
    """The email's contact is updated, and another one, of which the plan knows nothing, has it."""
    own, holder = crm.seed_contacts(
        "acme", [{"email": "p0@acme.example.com"}, {"email": "x@example.com", "phone": PHONE}]
    )
    acme = project([person(0, phone=PHONE), person(1)])
    report = acme.push()["acme"]
    assert warnings(acme) == {("not_stored", "phone", f"{own}, held by {holder}")}
    assert warnings(acme, "acme-1") == set()
    assert (report.lookup_requests, crm.count("search_duplicate")) == (1, 1)
    since = crm.count()
    assert acme.push()["acme"].unchanged == 2
    assert crm.count() == since, "it is told once, and not sent again and again"


def test_other_phone_of_the_contact_is_told_too(crm: RunningSandbox, project: MakeProject) -> None:
    own, holder = crm.seed_contacts(
        "acme",
        [{"email": "p0@acme.example.com", "phone": "+12125550333"}, {"phone": PHONE}],
    )
    acme = project([person(0, phone=PHONE)])
    acme.push()
    assert warnings(acme) == {("stored_changed", "phone", f"{own}, held by {holder}")}


def test_edit_of_people_is_seen_in_the_answer_to_an_update(
    crm: RunningSandbox, project: MakeProject
) -> None:
    """In fields that the update left out; what they emptied may never have been stored."""
    values = {"city": "Zürich", "company": 'Ünal & "Söhne" / 中文'}
    acme = project(people(2, **values))
    acme.push()
    edited = next(one for one in crm.contacts("acme") if one["email"].startswith("p0@"))
    crm.call("PUT", f"/contacts/{edited['id']}", {"city": "Basel", "lastName": None})
    acme.write(
        [person(n, city="Zürich", company='Ünal & "Söhne" / 中文', dnd="true") for n in (0, 1)]
    )
    assert acme.push()["acme"].updated == 2
    assert warnings(acme) == {("crm_edited", "city", edited["id"])}
    assert warnings(acme, "acme-1") == set()


def test_half_of_an_emoji_in_the_crm_wedges_nobody(
    crm: RunningSandbox, edge: Edge, project: MakeProject
) -> None:
    """JavaScript cuts a text in the middle of one: neither a list nor an answer ends a push."""
    locations = [
        {"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in ("acme", "bolt")
    ]
    edge.rewrites = lambda answer: answer.replace(b"CUT", rb"\ud83d")
    both = project(people(3) + people(3, "bolt"), locations=locations, policy=FIRST_RUN)
    both.crm_url = edge.url
    crm.seed_contacts("acme", [{"email": "stranger@acme.example.com", "city": "Nice CUT"}])
    assert {name: report.created for name, report in both.push().items()} == {"acme": 3, "bolt": 3}
    edited = next(one for one in crm.contacts("acme") if one["email"].startswith("p0@"))
    crm.call("PUT", f"/contacts/{edited['id']}", {"lastName": "Nice CUT"})
    changed = [person(0, city="Rome"), *people(3)[1:]]
    report = both.write(changed + people(3, "bolt")).push()["acme"]
    assert (report.status, report.updated, report.unchanged) == ("ok", 1, 2)
    assert warnings(both) == {("crm_edited", "lastName", edited["id"])}


def test_edit_of_a_custom_field_is_seen_in_the_answer_to_an_update(tmp_path: Path) -> None:
    fields = tuple(SandboxCustomField(key=key) for key in ("tier", "size", "theirs"))
    location = SandboxLocation(id="acme", burst_limit=1000, interval_ms=1000, custom_fields=fields)
    with running_sandbox(SandboxOptions(locations=(location,))) as crm:
        acme = EveryField(tmp_path, crm.url).write([person(n, company="gold") for n in (0, 1)])
        acme.push()
        told = crm.call("GET", "/locations/acme/customFields").json["customFields"]
        ids = {field["name"]: field["id"] for field in told}
        contacts = {one["email"][:2]: one["id"] for one in crm.contacts("acme")}
        for who, key, value in (("p0", "tier", "tin"), ("p1", "theirs", "new")):
            custom = [{"id": ids[key], "field_value": value}]
            crm.call("PUT", f"/contacts/{contacts[who]}", {"customFields": custom})
        acme.write([person(n, company="gold", dnd="true") for n in (0, 1)])
        assert acme.push()["acme"].updated == 2
        assert warnings(acme) == {("crm_edited", "customFields", contacts["p0"])}
        assert warnings(acme, "acme-1") == set()


@pytest.mark.parametrize("typed_in_again", [False, True])
def test_update_that_leads_to_another_contact_is_told_and_the_rest_follows(
    crm: RunningSandbox, project: MakeProject, *, typed_in_again: bool
) -> None:
    """Its contact was deleted: what was not in the body, such as do-not-disturb, is not there."""
    acme = project([person(0, company="Ltd", tags="vip", dnd="true")])
    acme.push()
    (deleted,) = crm.contacts("acme")
    crm.call("DELETE", f"/contacts/{deleted['id']}")
    if typed_in_again:
        crm.seed_contacts("acme", [{"email": "p0@acme.example.com"}])
    acme.write([person(0, company="Ltd", tags="vip", dnd="true", city="Rome")])
    acme.push()
    (other,) = crm.contacts("acme")
    assert warnings(acme) == {("other_contact", "id", other["id"])}
    assert acme.push()["acme"].updated == 1
    (now,) = crm.contacts("acme")
    assert (now["id"], now["companyName"], now["tags"], now["dnd"]) == (
        other["id"],
        "Ltd",
        ["vip"],
        True,
    )
    assert acme.push()["acme"].requests == 0
