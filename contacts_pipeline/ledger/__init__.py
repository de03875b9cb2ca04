"""What the CRM holds as far as we know, and an outcome a request.

Its tables are in ``schema``. To change one, change it there and add the step that takes an
existing ledger along: a numbered SQL file in ``migrations``, whose docstring says how.
"""

from contacts_pipeline.ledger.acknowledged import (
    read_acknowledged_contacts,
    read_acknowledged_fields,
)
from contacts_pipeline.ledger.changes import count_change
from contacts_pipeline.ledger.claims import claimed_locations
from contacts_pipeline.ledger.database import LedgerError
from contacts_pipeline.ledger.history import (
    contacts_of_keys,
    outcomes_of_keys,
    requests_of_keys,
)
from contacts_pipeline.ledger.journal import REQUEST_KEY, Entry, Journal
from contacts_pipeline.ledger.progress import (
    Holding,
    OutcomeCount,
    PlanProgress,
    TakenUpsert,
    acknowledged_contacts,
    count_outcomes,
    plan_progress,
    plans_in_doubt,
    read_outcomes,
)
from contacts_pipeline.ledger.pushes import (
    PushTimes,
    forget_pushes,
    last_pushes,
    push_times,
    record_push,
    revise_push,
)
from contacts_pipeline.ledger.restore import restore_contacts
from contacts_pipeline.ledger.store import Ledger, Position, utc_now
from contacts_pipeline.ledger.usage import DayLeft, day_left, record_read

__all__ = [
    "REQUEST_KEY",
    "DayLeft",
    "Entry",
    "Holding",
    "Journal",
    "Ledger",
    "LedgerError",
    "OutcomeCount",
    "PlanProgress",
    "Position",
    "PushTimes",
    "TakenUpsert",
    "acknowledged_contacts",
    "claimed_locations",
    "contacts_of_keys",
    "count_change",
    "count_outcomes",
    "day_left",
    "forget_pushes",
    "last_pushes",
    "outcomes_of_keys",
    "plan_progress",
    "plans_in_doubt",
    "push_times",
    "read_acknowledged_contacts",
    "read_acknowledged_fields",
    "read_outcomes",
    "record_push",
    "record_read",
    "requests_of_keys",
    "restore_contacts",
    "revise_push",
    "utc_now",
]
