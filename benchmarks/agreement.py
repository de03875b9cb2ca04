"""Do SQL and the libraries agree? Every distinct phone and email of generated contacts.

``uv run python benchmarks/agreement.py [--rows N]``; exits 1 at the first disagreement.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import duckdb
from contacts_data import write_contacts

from contacts_pipeline.engine import scan
from contacts_pipeline.prepare import validate_contacts
from contacts_pipeline.prepare.emails import judge_email
from contacts_pipeline.prepare.phones import judge_phone
from contacts_pipeline.settings import Settings


def main() -> None:
    """Judge each distinct value both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "prepare"
    contacts, locations = write_contacts(folder, options.rows)
    con = duckdb.connect()
    scan(con, "warehouse_contacts", contacts)
    scan(con, "crm_locations", locations)
    settings = Settings.model_validate(
        {
            "warehouse": {"url": "data/sample"},
            "contacts": {"table": "contacts", "key": "key", "location": "location", "fields": {}},
            "locations": [{"id": "loc000"}],
            "crm": {"base_url": "http://127.0.0.1:8484"},
        }
    )
    validate_contacts(con, settings, plan_from_rows=1)
    report("phones", *phones(con))
    report("emails", *emails(con))


def phones(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Distinct phones and regions, how many SQL settled, and how many of these wrongly."""
    rows = con.execute(
        """select distinct phone, region, phone_settled, e164 from dialled_contacts
        where phone is not null"""
    ).fetchall()
    settled = [(phone, region, e164) for phone, region, known, e164 in rows if known]
    wrong = 0
    for phone, region, e164 in settled:
        codes = () if e164 else ("phone_invalid",)
        wrong += judge_phone(phone, region or None) != (e164, codes)
    return len(rows), len(settled), wrong


def emails(con: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Distinct emails, how many SQL settled, and how many of these wrongly."""
    rows = con.execute(
        "select distinct email, plain_email from addressed_contacts where email is not null"
    ).fetchall()
    settled = [(email, plain) for email, plain in rows if plain]
    wrong = sum(judge_email(email) != (plain, ()) for email, plain in settled)
    return len(rows), len(settled), wrong


def report(what: str, values: int, settled: int, wrong: int) -> None:
    """A line; the end if anything is wrong."""
    sys.stdout.write(f"{what}: {values:,} values, {settled:,} settled by SQL, {wrong:,} wrong\n")
    if wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
