import pytest

from contacts_pipeline.masking import looks_personal, mask


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("anna.berg@example.org", "a***@e***.org"),
        ("anna@localhost", "a***@***"),
        ("@example.org", "***@e***.org"),
        ("+497112842222", "+4***22"),
        ("  12  ", "***"),
        ("anna at x", "an*** x"),
        ("", "***"),
        (None, None),
    ],
)
def test_a_masked_value_reaches_nobody(text: str | None, shown: str | None) -> None:
    assert mask(text) == shown


@pytest.mark.parametrize(
    ("key", "personal"),
    [
        ("anna.berg@example.org", True),
        ("+49 711 2842222", True),
        ("(212) 555-0100", True),
        ("2125550100", True),
        ("Anna Berg", True),
        ("O'Hara,Scarlett", True),
        ("Martin Luther King Jr.", True),
        ("José", False),
        ("store berlin 17", False),
        ("a-b_c", False),
        ("1000001", False),
        ("customer-17", False),
        ("9b2f6c1e-8d4a-4a54-9a57-0d5b3a3f7c11", False),
        ("20260001234567890123", False),
        ("ab " * 10_000 + "9", True),
    ],
)
def test_a_key_that_is_an_email_a_phone_or_a_name_is_recognised(
    key: str, *, personal: bool
) -> None:
    assert looks_personal(key) is personal
