"""Do SQL and the libraries agree? A million phones and a million emails, judged both ways.

``uv run --group bench python benchmarks/agreement.py [--quick] [--json] [--possible] [--values N]
[--seed N]``. Each candidate of a cell is asked of ``phonenumbers`` with the row's region, and of
``email-validator``; exits 1 at any disagreement.
"""

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import phonenumbers
import pyarrow as pa
from email_validator import EmailNotValidError, validate_email
from messy_values import messy_email, messy_phone, real_values

from contacts_pipeline.contact import TEXT_COLUMNS
from contacts_pipeline.engine import engine
from contacts_pipeline.prepare import validate_contacts
from contacts_pipeline.prepare.emails import email_candidates, is_placeholder
from contacts_pipeline.prepare.phones import Strictness, phone_candidates
from contacts_pipeline.settings import Settings

QUICK_VALUES, VALUES = 30_000, 1_000_000
LAY_OUT_FROM = 5
SHOWN = 5

Verdict = Callable[[str, str | None], tuple[str | None, list[str]]]
"""What a library says of a cell and a region: a value, and codes."""


class Agreement(NamedTuple):
    """Distinct values, those that SQL decided, and those whose verdict differs."""

    values: int
    decided_in_sql: int
    wrong: int


def main() -> None:
    """Generate, judge both ways, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within a minute")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--possible", action="store_true", help="with 'phones: possible'")
    parser.add_argument("--values", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", type=Path, default=Path("../shared/real"), help="more values")
    options = parser.parse_args()
    wanted = options.values or (QUICK_VALUES if options.quick else VALUES)
    # Python's generator is for games, which this is: the same values for the same seed.
    dice = random.Random(options.seed)
    phones, emails = real_values(options.real)
    wanted += wanted // 50  # some are the same once they are tidied
    while len(phones) < wanted:
        phones.add(messy_phone(dice))
    while len(emails) < wanted:
        emails.add(messy_email(dice))
    with tempfile.TemporaryDirectory() as scratch, engine(Path(scratch)) as con:
        strictness: Strictness = "possible" if options.possible else "valid"
        read_rows(con, sorted(phones), sorted(emails), strictness)
        figures = {"phones": check_phones(con, strictness), "emails": check_emails(con)}
    if options.json:
        told = {name: each._asdict() for name, each in figures.items()}
        sys.stdout.write(json.dumps({"seed": options.seed} | told) + "\n")
    else:
        for name, each in figures.items():
            sys.stdout.write(
                f"{name}: {each.values:,} distinct values, {each.decided_in_sql:,} decided in SQL, "
                f"{each.wrong:,} wrong (seed {options.seed})\n"
            )
    sys.exit(any(each.wrong for each in figures.values()))


def read_rows(
    con: duckdb.DuckDBPyConnection,
    phones: list[tuple[str, str]],
    emails: list[str],
    strictness: Strictness,
) -> None:
    """Define the relations of ``prepare`` over a row for each value."""
    rows = max(len(phones), len(emails))
    given = {
        "source_key": [str(number) for number in range(rows)],
        "location_id": ["anywhere"] * rows,
        "phone": [phone for phone, _ in phones] + [None] * (rows - len(phones)),
        "country": [region for _, region in phones] + [None] * (rows - len(phones)),
        "email": emails + [None] * (rows - len(emails)),
    }
    others = [name for name in (*TEXT_COLUMNS, "updated_at_raw", "origin") if name not in given]
    con.register("given", pa.table(given))
    con.execute(
        f"""create temp table warehouse_contacts as
        select *, {", ".join(f"null::varchar as {name}" for name in others)},
            null::timestamp as updated_at, map {{}}::map(varchar, varchar) as custom_fields
        from given"""
    )
    con.execute(
        """create temp table crm_locations as
        select 'anywhere' as location_id, true as enabled, null::varchar as country,
            'email,phone' as match"""
    )
    settings = Settings.model_validate(
        {
            "warehouse": {"url": "data/sample"},
            "contacts": {"table": "contacts", "key": "key", "location": "location", "fields": {}},
            "locations": [{"id": "anywhere"}],
            "crm": {"base_url": "http://127.0.0.1:8484"},
            "validation": {"phones": strictness},
        }
    )
    validate_contacts(con, settings, lay_out_from=LAY_OUT_FROM)


def check_phones(con: duckdb.DuckDBPyConnection, strictness: Strictness) -> Agreement:
    """The pipeline's number, its extension and its further numbers against phonenumbers."""
    rows = con.execute(
        """select distinct on (j.phone, j.region)
            j.phone, nullif(j.region, ''), j.phone_settled, v.phone,
            [warning.code for warning in v.warnings if warning.field = 'phone']
        from judged_contacts as j inner join valid_contacts as v using (source_key)
        where j.phone is not null"""
    )
    return compare(rows, lambda cell, region: phone_verdict(cell, region, strictness))


def check_emails(con: duckdb.DuckDBPyConnection) -> Agreement:
    """The pipeline's address and its further addresses against email-validator."""
    rows = con.execute(
        """select distinct on (j.email)
            j.email, null, j.email_settled, v.email,
            [warning.code for warning in v.warnings
                if warning.field = 'email' and warning.code <> 'email_role']
        from judged_contacts as j inner join valid_contacts as v using (source_key)
        where j.email is not null"""
    )
    return compare(rows, lambda cell, _: email_verdict(cell))


def compare(rows: duckdb.DuckDBPyConnection, ask: Verdict) -> Agreement:
    """Count the verdicts that differ from what ``ask`` says; the first few are shown."""
    values = decided = wrong = 0
    while batch := rows.fetchmany(10_000):
        for cell, region, settled, value, codes in batch:
            values, decided = values + 1, decided + bool(settled)
            expected = ask(cell, region)
            if expected != (value, codes):
                wrong += 1
                if wrong <= SHOWN:
                    sys.stderr.write(f"{cell!r} {region}: {(value, codes)} is not {expected}\n")
    return Agreement(values, decided, wrong)


def phone_verdict(
    cell: str, region: str | None, strictness: Strictness
) -> tuple[str | None, list[str]]:
    """E.164 of the first usable candidate by phonenumbers, and the warnings of the cell."""
    usable = {
        "valid": phonenumbers.is_valid_number,
        "possible": phonenumbers.is_possible_number,
    }[strictness]
    found: dict[str, bool] = {}
    for candidate in phone_candidates(cell):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        if usable(number):
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            found.setdefault(e164, bool(number.extension))
    if not found:
        return None, ["phone_invalid"]
    first, has_extension = next(iter(found.items()))
    codes = ["phone_several"] * (len(found) > 1) + ["extension_dropped"] * has_extension
    return first, codes


def email_verdict(cell: str) -> tuple[str | None, list[str]]:
    """The first valid candidate by email-validator that is no placeholder, and the warnings."""
    found: dict[str, None] = {}
    candidates = email_candidates(cell)
    for candidate in candidates:
        try:
            valid = validate_email(candidate, check_deliverability=False)
        except EmailNotValidError:
            continue
        found[f"{valid.local_part.lower()}@{valid.ascii_domain.lower()}"] = None
    real = [address for address in found if not is_placeholder(address)]
    if real:
        return real[0], ["email_several"] * (len(real) > 1)
    made_up = bool(found) or any(is_placeholder(candidate.lower()) for candidate in candidates)
    return None, ["email_placeholder" if made_up else "email_invalid"]


if __name__ == "__main__":
    main()
