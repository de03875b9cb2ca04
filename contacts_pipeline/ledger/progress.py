"""How far the pushes of one plan have come, so that one that was killed goes on from there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
from sqlalchemy import Select, and_, false, select

from contacts_pipeline.ledger import schema
from contacts_pipeline.ledger.relations import PLAN_OUTCOMES
from contacts_pipeline.ledger.store import Ledger


@dataclass(frozen=True)
class Holding:
    """A contact of the CRM, and the hashes of the values that find it.

    ``custom_values``: id to JSON of its custom fields; none where nobody told them.
    """

    id: str
    email_hash: str | None
    phone_hash: str | None
    custom_values: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class TakenUpsert:
    """What the CRM answered to the upsert of a row that has no end yet."""

    holding: Holding
    created: bool


@dataclass(frozen=True)
class PlanProgress:
    """Identities of a plan, by whichever run.

    Those that the CRM has ``acknowledged`` whole, those whose upsert it has ``taken`` while tags
    were to follow, and those ``in_doubt``: a request for them may or may not have been applied.
    """

    acknowledged: frozenset[str]
    taken: Mapping[str, TakenUpsert]
    in_doubt: frozenset[str]


def plan_progress(ledger: Ledger, location_id: str, plan_id: str) -> PlanProgress:
    """What earlier pushes of the plan have left in the ledger."""
    requests, contacts = schema.requests, schema.contacts
    acknowledged = _acknowledged(ledger, location_id, plan_id)
    of_plan = and_(
        requests.c.crm == ledger.crm,
        requests.c.location_id == location_id,
        requests.c.plan_id == plan_id,
    )
    in_doubt = select(requests.c.identity).where(of_plan, requests.c.settled == false())
    taken = (
        select(
            requests.c.identity,
            requests.c.verdict,
            contacts.c.contact_id,
            contacts.c.email_hash,
            contacts.c.phone_hash,
        )
        .join(
            contacts,
            and_(
                contacts.c.crm == requests.c.crm,
                contacts.c.location_id == requests.c.location_id,
                contacts.c.contact_id == requests.c.contact_id,
            ),
        )
        .where(
            of_plan,
            requests.c.effect == "upsert",
            requests.c.verdict.in_(["created", "updated"]),
            requests.c.identity.not_in(acknowledged),
        )
    )
    with ledger.reading() as connection:
        return PlanProgress(
            frozenset(connection.scalars(acknowledged)),
            {
                identity: TakenUpsert(Holding(*contact), created=verdict == "created")
                for identity, verdict, *contact in connection.execute(taken)
            },
            frozenset(connection.scalars(in_doubt)),
        )


def acknowledged_identities(ledger: Ledger, location_id: str, plan_id: str) -> frozenset[str]:
    """The identities of a plan that the CRM has acknowledged whole, by whichever run."""
    with ledger.reading() as connection:
        return frozenset(connection.scalars(_acknowledged(ledger, location_id, plan_id)))


def read_outcomes(ledger: Ledger, plans: Mapping[str, str]) -> pa.Table:
    """The columns of ``PLAN_OUTCOMES`` of each location's plan, by whichever run."""
    outcomes = schema.outcomes
    query = select(*(outcomes.c[name] for name in PLAN_OUTCOMES.names)).where(
        outcomes.c.crm == ledger.crm,
        outcomes.c.location_id.in_(plans),
        outcomes.c.plan_id.in_(plans.values()),
    )
    return ledger.read_arrow(query, PLAN_OUTCOMES)


def plans_in_doubt(
    ledger: Ledger, location_id: str, identities: Collection[str]
) -> list[tuple[str, str | None]]:
    """Identities with a request without a certain fate, and each plan that one was of."""
    requests = schema.requests
    query = (
        select(requests.c.identity, requests.c.plan_id)
        .where(
            requests.c.crm == ledger.crm,
            requests.c.location_id == location_id,
            requests.c.settled == false(),
            requests.c.identity.in_(identities),
        )
        .distinct()
    )
    with ledger.reading() as connection:
        return [(identity, plan_id) for identity, plan_id in connection.execute(query)]


def _acknowledged(ledger: Ledger, location_id: str, plan_id: str) -> Select[tuple[str]]:
    outcomes = schema.outcomes
    return select(outcomes.c.identity).where(
        outcomes.c.crm == ledger.crm,
        outcomes.c.location_id == location_id,
        outcomes.c.plan_id == plan_id,
        outcomes.c.outcome.in_(["created", "updated"]),
        outcomes.c.code.is_(None),
    )
