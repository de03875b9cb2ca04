import pytest

from contacts_pipeline.masking import mask


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
