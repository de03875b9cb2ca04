"""What PostgreSQL's types come to as text; the driver alone gives cents, years and bytes."""

import pytest

from contacts_pipeline.errors import WarehouseError
from tests.warehouse.warehouses import PostgresWarehouse

TYPES = """
create extension citext;
create type size as enum ('small', 'large');
create domain price as money;
create domain labels as text[];
"""


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12.50::numeric(10,2)", "12.50"),
        ("'NaN'::numeric", "NaN"),
        ("timestamptz '2026-01-02 03:04:05.123456+02'", "2026-01-02 01:04:05.123456+00"),
        ("timestamp '2026-01-02 03:04:05'", "2026-01-02 03:04:05"),
        ("date '2026-01-02'", "2026-01-02"),
        ("date 'infinity'", "infinity"),
        ("timestamptz '-infinity'", "-infinity"),
        ("array['a', 'b,c', null]", '["a","b,c",null]'),
        ("array[1, 2]", "[1,2]"),
        ("array['small', 'large']::size[]", '["small","large"]'),
        ("array['x']::labels", '["x"]'),
        ("""'{"a": [1, "ü"]}'::jsonb""", '{"a": [1, "ü"]}'),
        ("'0e37df36-f698-11e6-8dd4-cb9ced3df976'::uuid", "0e37df36-f698-11e6-8dd4-cb9ced3df976"),
        ("'Ann@Example.com'::citext", "Ann@Example.com"),
        ("'large'::size", "large"),
        ("1234.5::money", "1234.50"),
        ("'7'::money::price", "7.00"),
        ("'10.0.0.1'::inet", "10.0.0.1"),
        ("'10.0.0.0/8'::inet", "10.0.0.0/8"),
        ("'ab'::char(5)", "ab"),
        (r"'\xdeadbeef'::bytea", r"\xdeadbeef"),
        ("true", "true"),
        ("0.1::float8", "0.1"),
        ("9007199254740993::bigint", "9007199254740993"),
        ("'Zoë 🎉 O''Brien \"x\"'", 'Zoë 🎉 O\'Brien "x"'),
        ("null::text", None),
        ("''", ""),
    ],
)
def test_a_value_arrives_as_the_server_writes_it(
    warehouse: PostgresWarehouse, written: str, text: str | None
) -> None:
    for statement in TYPES.strip().split(";\n"):
        warehouse.sql(statement.removesuffix(";"))
    escaped = written.replace(":", r"\:")
    warehouse.sql(f"create table kinds as select 1 as id, 'acme' as location, {escaped} as value")
    warehouse.contacts |= {"table": "kinds", "fields": {"city": "value"}, "updated_at": None}
    warehouse.extract()
    assert warehouse.only("source_key", "city") == {"source_key": "1", "city": text}


@pytest.mark.parametrize(
    ("kind", "written", "utc"),
    [
        ("timestamptz", "2026-01-02 03:04:05.5+02", "2026-01-02 01:04:05.500000"),
        ("timestamp", "2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        ("date", "2026-01-02", "2026-01-02 00:00:00"),
        ("text", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05"),
        ("text", "2026-01-02 03:04:05.000000 +0130", "2026-01-02 01:34:05"),
        ("text", "2026-01-02 03:04:05 -05:30", "2026-01-02 08:34:05"),
        ("text", "2026-01-02 03:04:05 Z", "2026-01-02 03:04:05"),
        ("text", "yesterday", None),
        ("timestamptz", "infinity", None),
        ("timestamptz", "0001-01-01 00:00:00+00", "0001-01-01 00:00:00"),
        ("timestamptz", "9999-12-31 23:59:59.999999+00", "9999-12-31 23:59:59.999999"),
        ("timestamptz", "294276-12-31 23:59:59+00", None),
        ("timestamptz", None, None),
    ],
)
def test_updated_at_is_a_time_in_utc(
    warehouse: PostgresWarehouse, kind: str, written: str | None, utc: str | None
) -> None:
    warehouse.sql(f"alter table customers alter updated_at type {kind} using null")
    warehouse.sql("insert into customers (id, updated_at) values ('1', :at)", at=written)
    warehouse.extract()
    moment = warehouse.only("updated_at")["updated_at"]
    assert (moment and str(moment)) == utc


def test_a_time_without_an_end_keeps_its_text(warehouse: PostgresWarehouse) -> None:
    """The driver would give a year before our era."""
    warehouse.sql("insert into customers (id, updated_at) values ('1', '-infinity'), ('2', now())")
    warehouse.extract()
    endless, now = warehouse.rows()
    assert (endless["updated_at"], endless["updated_at_raw"]) == (None, "-infinity")
    assert str(now["updated_at"]) == now["updated_at_raw"]


def test_expressions_custom_fields_and_names_of_any_spelling(warehouse: PostgresWarehouse) -> None:
    warehouse.sql('create schema "My Shop"')
    warehouse.sql(
        'create table "My Shop"."Kunden"'
        ' ("Kd-Nr" int, "select" text, "E""Mail" text, tier text, vip bool)'
    )
    warehouse.sql(
        """insert into "My Shop"."Kunden" values (7, 'acme', 'a@b.example', null, true)"""
    )
    warehouse.contacts = {
        "table": '"My Shop"."Kunden"',
        "key": "Kd-Nr",
        "location": "select",
        "fields": {
            "email": 'E"Mail',
            "city": "case when VIP then 'Bonn; \"x\"' end -- a note",
            "source": "'warehouse'",
        },
        "custom_fields": {"loyalty": "Tier", "it's vip": "vip"},
    }
    warehouse.extract()
    assert warehouse.only("source_key", "location_id", "email", "city", "source") == {
        "source_key": "7",
        "location_id": "acme",
        "email": "a@b.example",
        "city": 'Bonn; "x"',
        "source": "warehouse",
    }
    (row,) = warehouse.rows()
    assert row["custom_fields"] == [("loyalty", None), ("it's vip", "true")]


def test_a_query_may_stand_for_the_table(warehouse: PostgresWarehouse) -> None:
    warehouse.sql("insert into customers (id, location) values ('1', 'acme'), ('2', 'bolt')")
    warehouse.contacts |= {
        "table": None,
        "query": "with those as (select * from customers where id > '1') select * from those; ",
    }
    warehouse.extract()
    assert warehouse.only("source_key") == {"source_key": "2"}


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("$$it's; (open$$", "it's; (open"),
        ("$a$costs $$, it's$a$", "costs $$, it's"),
        (r"E'it\'s, (open'", "it's, (open"),
        (r"e'a ''b'' \\'", "a 'b' \\"),
        (r"'it ends with \'", "it ends with \\"),
    ],
)
def test_every_literal_of_postgresql_may_stand_in_an_expression(
    warehouse: PostgresWarehouse, literal: str, text: str
) -> None:
    warehouse.sql("insert into customers (id, location) values ('1', 'acme')")
    warehouse.contacts |= {"fields": {"city": literal}}
    warehouse.extract()
    assert warehouse.only("city") == {"city": text}
    warehouse.contacts |= {
        "table": None,
        "query": f"select id, location, updated_at, {literal} as town from customers",
        "fields": {"city": "town"},
    }
    warehouse.extract()
    assert warehouse.only("city") == {"city": text}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"table": 'x"; drop table customers; --'}, "contacts.table: 'x\"; drop table"),
        (
            {"table": "other.public.customers"},
            "there is no table 'other.public.customers'; there is",
        ),
        ({"table": "customers; drop table customers"}, "there is no table 'customers; drop"),
        (
            {"key": 'id" from customers; drop table customers --'},
            "contacts.key: 'customers' has no",
        ),
        ({"fields": {"email": "email; drop table customers"}}, "is not one SQL expression"),
        ({"fields": {"email": "1) from customers --"}}, "is not one SQL expression"),
        ({"fields": {"email": r"E'\\'; drop table customers --'"}}, "is not one SQL expression"),
        ({"fields": {"email": "$a$ $$; drop table customers"}}, "is not one SQL expression"),
        ({"fields": {"email": "$a$, $a$, city"}}, "gives several values"),
        (
            {"fields": {"email": "email, city"}},
            "contacts.fields.email: 'email, city' gives several",
        ),
        ({"fields": {"city": "city", "email": "max(email)"}}, "contacts.fields.email: column"),
        (
            {
                "table": None,
                "query": "with x as (delete from customers returning *) select * from x",
            },
            "contacts.query: WITH clause containing a data-modifying statement",
        ),
    ],
)
def test_what_is_no_name_or_expression_is_told_and_nothing_runs(
    warehouse: PostgresWarehouse, change: dict[str, object], told: str
) -> None:
    warehouse.sql("insert into customers (id) values ('1')")
    warehouse.contacts |= change
    with pytest.raises(WarehouseError) as caught:
        warehouse.extract()
    assert told in str(caught.value)
    assert warehouse.sql("select count(*) from customers") == [(1,)]


def test_an_expression_that_writes_is_refused_by_the_session(warehouse: PostgresWarehouse) -> None:
    warehouse.sql("insert into customers (id) values ('1')")
    warehouse.sql(
        "create function wipe() returns text language sql as $$delete from customers returning id$$"
    )
    warehouse.contacts["fields"] = {"email": "wipe()"}
    with pytest.raises(WarehouseError, match="this session is read-only"):
        warehouse.extract()
    assert warehouse.sql("select count(*) from customers") == [(1,)]
