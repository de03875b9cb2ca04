"""Which pushes are forgotten when they are old, by SQLite and PostgreSQL alike."""

from datetime import datetime, timedelta

from sqlalchemy import select

from contacts_pipeline.ledger import Ledger, forget_pushes, last_pushes, push_times, schema
from tests.ledger.test_ledger import CRM

BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - the ledger's times are naive
MUCH_LATER = BEGIN + timedelta(days=1000)


def record(ledger: Ledger, location: str, states: str, crm: str = CRM) -> None:
    """A push a day from run 1 on: it went well ('+'), failed ('-') or left a part ('~')."""
    rows = [
        {
            "crm": crm,
            "location_id": location,
            "run_id": f"run {day}",
            "plan_id": "plan",
            "started_at": BEGIN + timedelta(days=day),
            "finished_at": BEGIN + timedelta(days=day, hours=1),
            "status": "failed" if state == "-" else "ok",
            "reason": None if state == "+" else "told",
            "report": "{}",
            "number": day,
        }
        for day, state in enumerate(states, 1)
    ]
    with ledger.writing() as connection:
        connection.execute(ledger.insert(schema.pushes), rows)


def days_left(ledger: Ledger, location: str) -> list[int]:
    table = schema.pushes
    query = select(table.c.number).where(table.c.location_id == location).order_by(table.c.number)
    with ledger.reading() as connection:
        return list(connection.scalars(query))


def test_how_a_location_stands_is_not_forgotten(ledger: Ledger) -> None:
    record(ledger, "well", "-+-++")
    record(ledger, "failed since", "-+-+~-")
    record(ledger, "never went well", "----")
    record(ledger, "pushed once", "+")
    record(ledger, "elsewhere", "+++", crm="https://another.example")
    stood = last_pushes(ledger), push_times(ledger)
    assert forget_pushes(ledger, MUCH_LATER) == 4 + 4 + 2
    assert days_left(ledger, "well") == [5]
    assert days_left(ledger, "failed since") == [4, 6]
    assert days_left(ledger, "never went well") == [1, 4]
    assert days_left(ledger, "pushed once") == [1]
    assert days_left(ledger, "elsewhere") == [1, 2, 3]
    now = last_pushes(ledger), push_times(ledger)
    assert now[0] == stood[0]
    assert {name: one.last_good for name, one in now[1].items()} == {
        name: one.last_good for name, one in stood[1].items()
    }
    assert now[1]["never went well"] == stood[1]["never went well"]
    assert forget_pushes(ledger, MUCH_LATER) == 0


def test_what_is_not_old_stays(ledger: Ledger) -> None:
    record(ledger, "acme", "+++++")
    assert forget_pushes(ledger, BEGIN + timedelta(days=3)) == 2
    assert days_left(ledger, "acme") == [3, 4, 5]
