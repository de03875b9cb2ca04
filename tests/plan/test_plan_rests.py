"""Planned and sent again and again with nothing new, there is soon nothing left to send."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, note, settings

from tests.lengths import ROUNDS
from tests.plan.stage import (
    LONG,
    NOW,
    Stage,
    is_sent,
    learn,
    plan,
    policies,
    seed_crm,
    send,
    worlds_of_all_kinds,
)
from tests.plan.worlds import EMAILS, PHONES, Held, Pending, Source, World

MOST_RUNS = 8

# A create of person 3 is in doubt, and holds the email that person 1 changes to. It stays in doubt
# when person 3 is written to another contact, which is recorded for the same key.
IN_DOUBT_BESIDE_ANOTHER_CONTACT = World(
    "phone-then-email.0",
    "phone,email",
    "ledger",
    held=(
        Held("phone-then-email.0-c0", "Held0", None, PHONES[0], ("3",), 0, None, PHONES[0]),
        Held("phone-then-email.0-c1", "Held1", EMAILS[1], None, ("1",), 1, EMAILS[1], None),
    ),
    pending=(Pending(("3",), None, EMAILS[0], None, applied=True),),
    sources=(Source("1", EMAILS[0], None, 0), Source("3", None, PHONES[0], 0)),
)
KEPT_BY_ID = {
    "tags": "skip",
    "shared": "withhold",
    "changed_email": "update_by_id",
    "crm_edits": "keep",
    "deleted_in_crm": "hold",
}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@settings(LONG, max_examples=14 * ROUNDS)
@example(chosen=(IN_DOUBT_BESIDE_ANOTHER_CONTACT,), policy=KEPT_BY_ID)
@given(chosen=worlds_of_all_kinds, policy=policies)
def test_runs_come_to_rest(stage: Stage, chosen: Sequence[World], policy: dict[str, Any]) -> None:
    come_to_rest(stage, chosen, policy)


def come_to_rest(stage: Stage, chosen: Sequence[World], policy: dict[str, Any]) -> None:
    """Planned and sent again and again with nothing new, there is soon nothing left to send."""
    learn(stage.bench, chosen)
    seed_crm(stage.crm, chosen)
    for run in range(1, MOST_RUNS + 1):
        plans = plan(stage.bench, chosen, policy)
        sent = [row for rows in plans.values() for row in rows if is_sent(row)]
        note(f"run {run}: {[(row['identity'], row['body']) for row in sent]}")
        answers = [(row, send(stage.crm, row).contact) for row in sent]
        taken = [(row, stored) for row, stored in answers if stored is not None]
        if not taken:
            return
        for row, stored in taken:
            stage.bench.answered(row, stored, at=NOW + timedelta(hours=run))
    raise AssertionError(f"still sending after {MOST_RUNS} runs")
