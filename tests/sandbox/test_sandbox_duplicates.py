"""Which contact an upsert finds, and what becomes of the other."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from contacts_pipeline.sandbox import RunningSandbox, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox

EMAIL_HOLDER = {"email": "ada@example.com", "firstName": "Ada"}
PHONE_HOLDER = {"phone": "+12025550101", "firstName": "Bob"}
BOTH = {"email": "ada@example.com", "phone": "+12025550101", "lastName": "Upserted"}


@pytest.mark.parametrize(
    ("match", "finds"),
    [("email,phone", 0), ("phone,email", 1), ("email", 0), ("phone", 1)],
)
def test_sequence_decides_which_contact_is_found(
    crm_sandbox: StartSandbox, match: str, finds: int
) -> None:
    crm = crm_sandbox(SandboxLocation.model_validate({"id": "acme", "match": match}))
    ids = crm.seed_contacts("acme", [EMAIL_HOLDER, PHONE_HOLDER])
    answer = crm.upsert(**BOTH).json
    assert answer["new"] is False
    assert answer["contact"]["id"] == ids[finds]


def test_a_field_outside_the_sequence_finds_nobody(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", match="email"))
    crm.seed_contacts("acme", [PHONE_HOLDER])
    first, second = crm.upsert(phone="+12025550101"), crm.upsert(phone="+12025550101")
    assert first.json["new"] is second.json["new"] is True
    assert len(crm.contacts()) == 3


@pytest.mark.parametrize("match", ["email,phone", "phone,email"])
def test_split_match_drops_the_second_field(crm_sandbox: StartSandbox, match: str) -> None:
    crm = crm_sandbox(SandboxLocation.model_validate({"id": "acme", "match": match}))
    crm.seed_contacts("acme", [EMAIL_HOLDER, PHONE_HOLDER])
    contact = crm.upsert(**BOTH).json["contact"]
    kept, dropped = match.split(",")
    assert contact[kept] == BOTH[kept]
    assert contact[dropped] is None
    assert contact["lastName"] == "Upserted"
    held = [(one["email"], one["phone"]) for one in crm.contacts()]
    assert sorted(held, key=str) == sorted(
        [("ada@example.com", None), (None, "+12025550101")], key=str
    )


def test_a_shared_phone_overwrites_the_first_person(crm: RunningSandbox) -> None:
    crm.upsert(email="ada@example.com", phone="+12025550101", firstName="Ada")
    answer = crm.upsert(email="bob@example.com", phone="+12025550101", firstName="Bob").json
    assert answer["new"] is False
    assert [(one["email"], one["firstName"]) for one in crm.contacts()] == [
        ("bob@example.com", "Bob")
    ]
    assert crm.upsert(email="ada@example.com").json["new"] is True


def test_with_duplicates_allowed_email_comes_first(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", match="phone", allow_duplicates=True))
    ids = crm.seed_contacts("acme", [PHONE_HOLDER, EMAIL_HOLDER])
    assert crm.upsert(**BOTH).json["contact"]["id"] == ids[1]
    assert crm.upsert(phone="+12025550101").json["contact"]["id"] == ids[0]


@pytest.mark.parametrize("allowed", [True, False])
def test_create_new_only_where_duplicates_are_allowed(
    crm_sandbox: StartSandbox, *, allowed: bool
) -> None:
    crm = crm_sandbox(SandboxLocation(id="acme", allow_duplicates=allowed))
    crm.upsert(email="ada@example.com")
    twin = crm.upsert(email="ada@example.com", createNewIfDuplicateAllowed=True).json
    assert twin["new"] is allowed
    assert len(crm.contacts()) == 1 + allowed


@pytest.mark.parametrize(("several", "answers"), [("oldest", 0), ("newest", 2)])
def test_several_matches_answer_by_age(
    crm_sandbox: StartSandbox, several: str, answers: int
) -> None:
    crm = crm_sandbox("acme", rules={"several_matches": several})
    ids = crm.seed_contacts("acme", [EMAIL_HOLDER] * 3)
    assert crm.upsert(email="ada@example.com").json["contact"]["id"] == ids[answers]


def test_additional_email_becomes_primary(crm: RunningSandbox) -> None:
    crm.seed_contacts(
        "acme", [{"email": "old@example.com", "additionalEmails": ["new@example.com", "x@x.org"]}]
    )
    contact = crm.upsert(email="new@example.com").json["contact"]
    assert contact["email"] == "new@example.com"
    assert contact["additionalEmails"] == ["x@x.org"]
    assert crm.upsert(email="old@example.com").json["new"] is True


@pytest.mark.parametrize(("concurrent", "contacts"), [("serialised", 1), ("twins", 2)])
def test_concurrent_upserts_make_twins_if_so_told(
    crm_sandbox: StartSandbox, concurrent: str, contacts: int
) -> None:
    crm = crm_sandbox("acme", latency_ms=400, rules={"concurrent_upserts": concurrent})
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: crm.upsert(email="a@b.org", firstName=name), ["x", "y"]))
    assert len(crm.contacts()) == contacts
    assert crm.upsert(email="a@b.org").json["new"] is False


def test_locations_know_nothing_of_each_other(crm_sandbox: StartSandbox) -> None:
    crm = crm_sandbox("north", "south")
    assert crm.upsert("north", email="a@b.org").json["new"] is True
    assert crm.upsert("south", email="a@b.org").json["new"] is True
