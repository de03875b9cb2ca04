"""What stands in brackets or between colons is shown as it is, wherever it stands."""

import pytest

from contacts_pipeline.cli.show import PUSH_COLUMNS, show_locations

NAME = "berlin [north] :smile:"
TOLD = f"location {NAME}: no answer from [::1]:8484"


def test_a_location_and_what_is_told_of_it_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts = dict.fromkeys(PUSH_COLUMNS, 0) | {
        "status": "failed",
        "reason": "crm_unreachable",
        "told": TOLD,
        "deferred_because": "crm_unreachable",
        "match": "email,phone",
        "unpredicted": True,
    }
    document = {
        "locations": {NAME: counts},
        "unassigned": {"extracted": 0},
        "not_written_back": {NAME: f"location {NAME}: write_back old[/x].duckdb: locked"},
    }
    show_locations(document, PUSH_COLUMNS)
    shown = capsys.readouterr().out
    assert f"{NAME} failed" in shown
    assert f"{TOLD} (crm_unreachable)" in shown
    assert f"location {NAME}: the rest waits" in shown
    assert f"{NAME}: write_back old[/x].duckdb: locked; then" in shown
    assert f"duplicates by email,phone for {NAME}" in shown
    assert f"not read: {NAME};" in shown
