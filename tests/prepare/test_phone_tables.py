"""What the numbering plans settle is what libphonenumber says, number by number."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import SUPPORTED_REGIONS

from contacts_pipeline.prepare.phone_tables import FIRST_DIGITS, UNSETTLED, lay_out
from contacts_pipeline.prepare.phones import Strictness, parse_phone

SCOPES = ["DE", "FR", "NL", "+49", "+39", "+44"]


def settled(scope: str, number: str, strictness: Strictness) -> str | None:
    depth, leaves = lay_out(f"{scope}{chr(64 + len(number))}{number[:FIRST_DIGITS]}", strictness)
    start = dict(leaves).get(number[:depth], None if depth else UNSETTLED)
    return start if start in {None, UNSETTLED} else f"{start}{number[depth:]}"


@pytest.mark.parametrize("strictness", ["valid", "possible"])
@pytest.mark.parametrize("scope", SCOPES)
@settings(max_examples=20, deadline=None)
@given(number=st.text("0123456789", min_size=5, max_size=14))
def test_a_settled_number_is_what_the_library_says(
    scope: str, strictness: Strictness, number: str
) -> None:
    answer = settled(scope, number, strictness)
    if answer != UNSETTLED:
        region = None if scope.startswith("+") else scope
        parsed = parse_phone(f"{scope}{number}" if region is None else number, region, strictness)
        assert answer == (parsed and parsed[0])


def test_scopes_are_regions_of_the_library() -> None:
    assert {scope for scope in SCOPES if scope.isalpha()} <= SUPPORTED_REGIONS
