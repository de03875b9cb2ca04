"""What pushes of a plan left in the ledger, counted and told by SQLite and PostgreSQL alike."""

import asyncio
from typing import Any

from contacts_pipeline.ledger import (
    Entry,
    Journal,
    Ledger,
    OutcomeCount,
    acknowledged_contacts,
    count_outcomes,
    utc_now,
)
from tests.ledger.test_ledger import CRM


def an_outcome(number: int, outcome: str, **given: Any) -> dict[str, Any]:
    return {
        "crm": CRM,
        "location_id": "acme",
        "run_id": "second",
        "identity": f"email:{number}",
        "plan_id": "plan",
        "source_keys": "[]",
        "outcome": outcome,
        "code": None,
        "message": None,
        "contact_id": f"c{number}",
        "predicted": "create",
        "predicted_contact_id": None,
        "inferred": False,
        "warnings": "[]",
        "tries": 1,
        "finished_at": utc_now(),
        **given,
    }


def test_ends_of_a_plan_are_counted_by_the_database(ledger: Ledger) -> None:
    """A push of a million contacts ends with a few numbers, not with a million rows in memory."""
    as_predicted, another = {"predicted_contact_id": "c9"}, {"predicted_contact_id": "gone"}
    update = {"predicted": "update", "contact_id": "c9"}
    rows = [
        *(an_outcome(number, "created") for number in range(5)),
        an_outcome(5, "created", inferred=True),
        an_outcome(6, "updated", **update, **as_predicted),
        an_outcome(7, "updated", **update, **another),
        an_outcome(8, "refused", code="refused", contact_id=None),
        an_outcome(0, "created", run_id="first"),
        an_outcome(8, "created", run_id="first"),
        *(an_outcome(number, "created", run_id="first") for number in (20, 21)),
        an_outcome(21, "updated", run_id="between"),
        an_outcome(22, "updated", run_id="first", code="tags_pending"),
        an_outcome(23, "created", run_id="first", plan_id="another"),
        an_outcome(24, "created", location_id="bolt"),
    ]

    async def write() -> None:
        async with Journal(ledger) as journal:
            await journal.write(Entry(outcomes=rows))

    asyncio.run(write())
    ends, earlier = count_outcomes(ledger, "acme", "second", "plan")
    assert sorted(ends) == [
        OutcomeCount("created", "create", same_contact=False, inferred=False, identities=5),
        OutcomeCount("created", "create", same_contact=False, inferred=True, identities=1),
        OutcomeCount("refused", "create", same_contact=True, inferred=False, identities=1),
        OutcomeCount("updated", "update", same_contact=False, inferred=False, identities=1),
        OutcomeCount("updated", "update", same_contact=True, inferred=False, identities=1),
    ]
    assert earlier == 2, "20 and 21; 0 and 8 were attempted again"
    contacts = {f"email:{number}": f"c{number}" for number in range(6)}
    both = {"email:6": "c9", "email:7": "c9"}
    assert acknowledged_contacts(ledger, "acme", "second", "plan") == contacts | both
