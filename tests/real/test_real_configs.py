"""The settings for the public databases are valid, and their queries keep every customer."""

from pathlib import Path

import duckdb
import pytest

from contacts_pipeline.settings import Settings, load_settings

HERE = Path(__file__).parent
ENVIRON = {"REAL_DATA": "/warehouse", "CRM_BASE_URL": "http://127.0.0.1:8484"}

CHINOOK = """
create table chinook_customer (
    CustomerId bigint, FirstName text, LastName text, Company text, Address text, City text,
    State text, Country text, PostalCode text, Phone text, Fax text, Email text,
    SupportRepId bigint);
insert into chinook_customer (CustomerId, SupportRepId) values (1, 3), (2, 4);
"""

PAGILA = """
create table pagila_customer (
    customer_id text, store_id text, first_name text, last_name text, email text,
    address_id text, activebool text, create_date text, last_update text, active text);
create table pagila_address (
    address_id text, address text, address2 text, district text, city_id text,
    postal_code text, phone text, last_update text);
create table pagila_city (city_id text, city text, country_id text, last_update text);
create table pagila_country (country_id text, country text, last_update text);
insert into pagila_customer (customer_id, address_id) values ('1', '5'), ('2', null), ('3', '6');
insert into pagila_address (address_id, city_id) values ('5', '7'), ('6', null);
insert into pagila_city (city_id, city, country_id) values ('7', 'Sasebo', '9');
insert into pagila_country (country_id, country) values ('9', 'Japan');
"""


@pytest.mark.parametrize(
    ("name", "tables", "rows"), [("chinook", CHINOOK, 2), ("pagila", PAGILA, 3)]
)
def test_every_customer_reaches_the_mapped_columns(name: str, tables: str, rows: int) -> None:
    settings = load_settings(HERE / f"{name}.yaml", ENVIRON)
    with duckdb.connect() as con:
        con.execute(tables)
        con.execute(mapped(settings))
        assert len(con.fetchall()) == rows


@pytest.mark.parametrize("name", ["chinook", "pagila"])
def test_each_location_is_named_once(name: str) -> None:
    locations = load_settings(HERE / f"{name}.yaml", ENVIRON).locations
    assert isinstance(locations, tuple)
    assert len({location.id for location in locations}) == len(locations) > 1


def mapped(settings: Settings) -> str:
    contacts = settings.contacts
    columns = [contacts.key, contacts.location, *contacts.fields.columns.values()]
    columns += [contacts.updated_at] if contacts.updated_at else []
    source = f"({contacts.query})" if contacts.query else contacts.table
    return f"select {', '.join(columns)} from {source}"
