"""What a lost ledger held, found again: identities matched to the contacts that the CRM lists."""

from collections.abc import Sequence

import pyarrow as pa

from contacts_pipeline.engine import define
from contacts_pipeline.ledger.relations import ACKNOWLEDGED_CONTACTS, ACKNOWLEDGED_FIELDS, UNSETTLED
from contacts_pipeline.plan.inputs import (
    PACKAGE,
    PlannedLocation,
    Sources,
    unchanging_lists,
    unchanging_sources,
)
from contacts_pipeline.plan.places import with_ids
from contacts_pipeline.plan.planner import Known, planning
from contacts_pipeline.settings import Policy


def restored_contacts(
    locations: Sequence[PlannedLocation], sources: Sources, policy: Policy, hash_key: bytes
) -> pa.Table:
    """The columns of ``restored_contacts.sql``, by the plan's rules, as if nothing was known.

    Each location's list must be fresh and whole.
    """
    nothing = Known(
        ACKNOWLEDGED_CONTACTS.empty_table(),
        UNSETTLED.empty_table(),
        lambda _wanted: ACKNOWLEDGED_FIELDS.empty_table(),
    )
    with (
        unchanging_sources(sources) as still,
        unchanging_lists(locations) as places,
        planning(places, still, nothing, policy, hash_key) as con,
    ):
        define(con, PACKAGE, "restored_contacts")
        return with_ids(con, "restored_contacts").to_arrow_table()
