"""How far the pushes of one plan have come, so that one that was killed goes on from there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Select, and_, distinct, false, func, select

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


class OutcomeCount(NamedTuple):
    """So many ``identities`` that a run attempted with the same end, and what was foretold of it.

    ``same_contact``: the contact that was predicted is the one that answered.
    """

    outcome: str
    predicted: str | None
    same_contact: bool
    inferred: bool
    identities: int


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


def count_outcomes(
    ledger: Ledger, location_id: str, run_id: str, plan_id: str
) -> tuple[Sequence[OutcomeCount], int]:
    """The ends of a plan's identities in a run, and how many others it found acknowledged whole."""
    table = schema.outcomes
    in_run = _attempted(ledger, location_id, run_id, plan_id)
    same_contact = table.c.predicted_contact_id.is_not_distinct_from(table.c.contact_id)
    alike = (table.c.outcome, table.c.predicted, same_contact, table.c.inferred)
    counts = select(*alike, func.count()).where(in_run).group_by(*alike)
    earlier = _acknowledged(ledger, location_id, plan_id).where(
        table.c.identity.not_in(select(table.c.identity).where(in_run))
    )
    others = earlier.with_only_columns(func.count(distinct(table.c.identity)))
    with ledger.reading() as connection:
        ends = [OutcomeCount(*row) for row in connection.execute(counts)]
        return ends, connection.execute(others).scalar_one()


def acknowledged_contacts(
    ledger: Ledger, location_id: str, run_id: str, plan_id: str
) -> dict[str, str]:
    """Identity to contact id of those of a plan that the CRM acknowledged whole in a run."""
    table = schema.outcomes
    query = (
        _acknowledged(ledger, location_id, plan_id)
        .where(table.c.run_id == run_id, table.c.contact_id.is_not(None))
        .add_columns(table.c.contact_id)
    )
    with ledger.reading() as connection:
        return dict(connection.execute(query).all())


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


def _attempted(ledger: Ledger, location_id: str, run_id: str, plan_id: str) -> Any:
    outcomes = schema.outcomes
    return and_(
        outcomes.c.crm == ledger.crm,
        outcomes.c.location_id == location_id,
        outcomes.c.run_id == run_id,
        outcomes.c.plan_id == plan_id,
    )


def _acknowledged(ledger: Ledger, location_id: str, plan_id: str) -> Select[tuple[str]]:
    outcomes = schema.outcomes
    return select(outcomes.c.identity).where(
        outcomes.c.crm == ledger.crm,
        outcomes.c.location_id == location_id,
        outcomes.c.plan_id == plan_id,
        outcomes.c.outcome.in_(["created", "updated"]),
        outcomes.c.code.is_(None),
    )
