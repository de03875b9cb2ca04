"""The program that most people would write: row by row, with the usual libraries, and pandas."""

from pathlib import Path

import pandas as pd
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel


class Person(BaseModel):
    """A contact as the per-row program knows it."""

    source_key: str | None
    location_id: str | None
    updated_at: object
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    city: str | None
    postal_code: str | None
    country: str | None


def unify_by_rows(contacts: Path, locations: Path, rows: int) -> int:
    """Validate the first ``rows`` rows one by one, unify by email in pandas; rows kept."""
    countries = pd.read_parquet(locations).set_index("location_id")["country"].to_dict()
    frame = pd.read_parquet(contacts).head(rows)[list(Person.model_fields)]
    texts = frame.astype(object).where(frame.notna(), None)
    people = [judge(record, countries) for record in texts.to_dict("records")]
    judged = pd.DataFrame([person.model_dump() for person in people])
    judged = judged[judged.email.notna() | judged.phone.notna()]
    identity = judged.email.fillna(judged.phone)
    newest = judged.sort_values("updated_at", ascending=False, key=pd.to_datetime)
    return len(newest.groupby([newest.location_id, identity]).first())


def judge(record: dict[str, object], countries: dict[str, str]) -> Person:
    """One row: a model, a phone and an email."""
    person = Person.model_validate(record)
    if person.email:
        try:
            person.email = validate_email(
                person.email.strip(), check_deliverability=False
            ).normalized.lower()
        except EmailNotValidError:
            person.email = None
    if person.phone:
        region = countries.get(person.location_id or "")
        try:
            number = phonenumbers.parse(person.phone, region)
            valid = phonenumbers.is_valid_number(number)
        except phonenumbers.NumberParseException:
            valid = False
        form = phonenumbers.PhoneNumberFormat.E164
        person.phone = phonenumbers.format_number(number, form) if valid else None
    return person
