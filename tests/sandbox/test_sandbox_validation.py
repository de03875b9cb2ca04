"""Which form a field must have to be taken: else 422, and nothing is stored."""

import pytest

from contacts_pipeline.sandbox import RunningSandbox

ADA = "ada@example.com"


@pytest.mark.parametrize(
    ("country", "status"),
    [("GB", 200), ("XK", 200), ("UK", 422), ("USA", 422), ("us", 422), ("", 422), (None, 422)],
)
def test_country_is_of_the_list(crm: RunningSandbox, country: str | None, status: int) -> None:
    assert crm.upsert(email=ADA, country=country).status == status


@pytest.mark.parametrize(
    ("zone", "status"), [("Europe/London", 200), (None, 200), ("GMT+1", 422), ("Mars/Base", 422)]
)
def test_timezone_is_iana(crm: RunningSandbox, zone: str | None, status: int) -> None:
    assert crm.upsert(email=ADA, timezone=zone).status == status


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1815-12-10", "1815-12-10"),
        ("12/10/1815", "1815-12-10"),
        ("12.10.1815", "1815-12-10"),
        ("1815_12_10", "1815-12-10"),
        ("25/12/1815", None),
        ("1815-02-30", None),
        ("1815-12-10T00:00:00Z", None),
        ("yesterday", None),
    ],
)
def test_date_of_birth_is_year_or_month_first(
    crm: RunningSandbox, sent: str, stored: str | None
) -> None:
    reply = crm.upsert(email=ADA, dateOfBirth=sent)
    assert reply.status == (200 if stored else 422)
    if stored:
        assert reply.json["contact"]["dateOfBirth"] == stored


def test_undeclared_property_is_refused(crm: RunningSandbox) -> None:
    reply = crm.upsert(email=ADA, nickname="Ada", dndSettings={"Fax": {"status": "active"}})
    assert reply.status == 422
    said = reply.json
    assert said["statusCode"] == 422
    assert said["error"] == "Unprocessable Entity"
    assert "property nickname should not exist" in said["message"]
    assert "dndSettings.property Fax should not exist" in said["message"]
    assert crm.contacts() == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("postalCode", 70173, "postalCode must be a string"),
        ("postalCode", None, "postalCode must be a string"),
        ("source", None, "source must be a string"),
        ("tags", None, "tags must be an array"),
        ("tags", [1], "each value in tags must be a string"),
        ("dnd", "yes", "dnd must be a boolean value"),
        ("firstName", ["Ada"], "firstName must be a string"),
        ("customFields", {}, "customFields must be an array"),
        ("dndSettings", [], "dndSettings must be an object"),
        (
            "dndSettings",
            {"SMS": {"status": "on"}},
            (
                "dndSettings.SMS.status must be one of the following values: "
                "'active', 'inactive' or 'permanent'"
            ),
        ),
        (
            "inboundDndSettings",
            {"all": {"status": "permanent"}},
            (
                "inboundDndSettings.all.status must be one of the following values: "
                "'active' or 'inactive'"
            ),
        ),
    ],
)
def test_wrong_types_are_refused(
    crm: RunningSandbox, field: str, value: object, message: str
) -> None:
    reply = crm.upsert("acme", email=ADA, **{field: value})
    assert (reply.status, reply.json["message"]) == (422, [message])
