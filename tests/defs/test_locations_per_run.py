"""How many locations share a run is a number, or a line that says so."""

import pytest

from contacts_pipeline.defs.upserts import backfill_policy
from contacts_pipeline.errors import SettingsError


def test_a_number_from_one_is_taken() -> None:
    policies = [backfill_policy(told) for told in ("1", "50", "1000", "all")]
    assert [one.max_partitions_per_run for one in policies] == [1, 50, 1000, None]


@pytest.mark.parametrize("told", ["", "0", "-1", "1.5", "many", "²"])
def test_anything_else_is_named(told: str) -> None:
    with pytest.raises(SettingsError, match=r"CONTACTS_LOCATIONS_PER_RUN: .* write 100"):
        backfill_policy(told)
