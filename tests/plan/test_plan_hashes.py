"""The hash of a field is that of its JSON as it stands in the body, however that is written."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contacts_pipeline.keyed_hash import keyed_hash
from contacts_pipeline.plan import hashes_after

KEY = b"a key"
WRITINGS: tuple[dict[str, Any], ...] = (
    {"ensure_ascii": False, "separators": (",", ":")},  # as the plan writes a body
    {"ensure_ascii": True, "separators": (",", ":")},
    {"ensure_ascii": False},
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
fields = st.dictionaries(st.sampled_from(["email", "tags", "city", "dndSettings"]), values)


@given(fields, st.sampled_from(WRITINGS))
def test_any_value_is_hashed_as_it_is_written(sent: dict[str, Any], how: dict[str, Any]) -> None:
    written = {field: json.dumps(value, **how) for field, value in sent.items()}
    members = ['"locationId":"acme"', *(f'"{field}":{text}' for field, text in written.items())]
    row = {"body": f"{{{','.join(members)}}}", "hashes": '{"phone":"known"}'}
    said = {field: keyed_hash(KEY, field, text) for field, text in written.items()}
    assert hashes_after(row, KEY) == {"phone": "known"} | said
