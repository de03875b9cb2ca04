"""How far the pushes of one plan have come, so that one that was killed goes on from there."""

from dataclasses import dataclass

from sqlalchemy import false, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.store import Ledger


@dataclass(frozen=True)
class PlanProgress:
    """Identities of a plan, by whichever run.

    Those that the CRM has ``acknowledged`` whole, and those ``in_doubt``: a request for them may
    or may not have been applied.
    """

    acknowledged: frozenset[str]
    in_doubt: frozenset[str]


def plan_progress(ledger: Ledger, location_id: str, plan_id: str) -> PlanProgress:
    """What earlier pushes of the plan have left in the ledger."""
    outcomes, requests = schema.outcomes, schema.requests
    acknowledged = select(outcomes.c.identity).where(
        outcomes.c.crm == ledger.crm,
        outcomes.c.location_id == location_id,
        outcomes.c.plan_id == plan_id,
        outcomes.c.outcome.in_(["created", "updated"]),
        outcomes.c.code.is_(None),
    )
    in_doubt = select(requests.c.identity).where(
        requests.c.crm == ledger.crm,
        requests.c.location_id == location_id,
        requests.c.plan_id == plan_id,
        requests.c.settled == false(),
    )
    with ledger.reading() as connection:
        return PlanProgress(
            frozenset(connection.scalars(acknowledged)), frozenset(connection.scalars(in_doubt))
        )
