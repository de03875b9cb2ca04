"""``warehouse_contacts`` and ``crm_locations`` to ``valid_contacts``.

SQL reads the rows; what SQL can't judge goes to Python, each distinct value once.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import duckdb
import phonenumbers
import pyarrow as pa

from contacts_pipeline.engine import define, relation_sql
from contacts_pipeline.prepare.countries import native_names, standard_names
from contacts_pipeline.prepare.dates import judge_date
from contacts_pipeline.prepare.emails import odd_hosts, odd_mailboxes, special_domains
from contacts_pipeline.prepare.functions import register_functions
from contacts_pipeline.prepare.phone_tables import (
    calling_codes,
    international_prefix,
    plan_tables,
)
from contacts_pipeline.prepare.phones import Strictness
from contacts_pipeline.prepare.timezones import timezone_names
from contacts_pipeline.settings import Settings

PACKAGE = "contacts_pipeline.prepare"

WORTH_A_PLAN = 20_000
"""Phones of a region that cost the library as much as laying out the plan: half a second."""


def validate_contacts(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    today: date | None = None,
    plan_from_rows: int = WORTH_A_PLAN,
) -> None:
    """Define the view ``valid_contacts`` on a connection that has both inputs as views.

    Args:
        con: Has ``warehouse_contacts`` and ``crm_locations``.
        settings: How strict to be, and how the source writes dates.
        today: Days of birth after it are ``date_future``; by default the day in UTC.
        plan_from_rows: Phones of a region from which its numbering plan is laid out in tables.
    """
    con.execute(relation_sql(PACKAGE, "macros"))
    register_functions(con, settings.validation.phones)
    _define_rules(con, settings)
    _keep(con, "timezone_names", ("name", "zone"), timezone_names())
    define(con, PACKAGE, "repeated_keys", "table")
    _resolve_countries(con)
    define(con, PACKAGE, "resolved_locations", "table")
    _lay_out_phones(con, settings.validation.phones, plan_from_rows)
    define(con, PACKAGE, "tidied_contacts")
    for name in ("written_locations", "written_countries", "written_timezones"):
        define(con, PACKAGE, name, "table")
    _resolve_dates(con, settings, today or datetime.now(UTC).date())
    for name, words in (
        ("odd_mailboxes", odd_mailboxes()),
        ("odd_hosts", odd_hosts()),
        ("special_domains", special_domains()),
    ):
        _keep(con, name, ("word",), [(word,) for word in sorted(words)])
    for name in (
        "located_contacts",
        "dialled_contacts",
        "addressed_contacts",
        "judged_contacts",
        "valid_contacts",
    ):
        define(con, PACKAGE, name)


def _define_rules(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    validation = settings.validation
    con.execute(
        """create or replace temp table rules as
        select $1 as placeholders_reject, $2 as roles_reject, $3 as roles_warn""",
        [
            validation.placeholder_emails == "reject",
            validation.role_emails == "reject",
            validation.role_emails == "warn",
        ],
    )


def _resolve_countries(con: duckdb.DuckDBPyConnection) -> None:
    """The names in the countries' own languages are read only for a source that may use them."""
    names = [(*pair, False) for pair in standard_names()]
    schema = pa.schema([("name", pa.string()), ("code", pa.string()), ("is_native", pa.bool_())])
    _keep(con, "country_names", schema.names, names, schema)
    define(con, PACKAGE, "resolved_countries", "table")
    unsure = "select 1 from resolved_countries where country is null or guessed limit 1"
    if con.execute(unsure).fetchall():
        names += [(*pair, True) for pair in native_names()]
        _keep(con, "country_names", schema.names, names, schema)
        define(con, PACKAGE, "resolved_countries", "table")


def _resolve_dates(con: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> None:
    define(con, PACKAGE, "written_dates", "table")
    texts = [text for (text,) in con.execute("select date_raw from written_dates").fetchall()]
    judged = [judge_date(text, settings.contacts.date_order, today) for text in texts]
    rows = [(text, day, list(codes)) for text, (day, codes) in zip(texts, judged, strict=True)]
    schema = pa.schema(
        [("date_raw", pa.string()), ("birthday", pa.string()), ("codes", pa.list_(pa.string()))]
    )
    _keep(con, "resolved_dates", ("date_raw", "birthday", "codes"), rows, schema)


def _lay_out_phones(
    con: duckdb.DuckDBPyConnection, strictness: Strictness, plan_from_rows: int
) -> None:
    """Tables of the numbering plans of the regions that have many phones in this source."""
    dialled = con.execute(relation_sql(PACKAGE, "dialled_regions")).fetchall()
    regions = sorted(
        region
        for region, phones in dialled
        if phones >= plan_from_rows and region in phonenumbers.SUPPORTED_REGIONS
    )
    codes = calling_codes(regions)
    scopes = [*regions, *sorted({scope for _, scope in codes if scope})]
    plans = {scope: plan_tables(scope, strictness) for scope in scopes}
    known = {scope for scope, plan in plans.items() if plan.depths}
    starts = [(start, scope if scope in known else None) for start, scope in codes]
    _keep(con, "calling_codes", ("start", "scope"), starts)
    homes = [(one, international_prefix(one), one if one in known else None) for one in regions]
    _keep(con, "phone_regions", ("region", "international_prefix", "scope"), homes)
    depths = [("", None), *(row for plan in plans.values() for row in plan.depths)]
    schema = pa.schema([("key", pa.string()), ("depth", pa.int64())])
    _keep(con, "phone_depths", ("key", "depth"), depths, schema)
    rows = [row for plan in plans.values() for row in plan.starts]
    _keep(con, "phone_starts", ("key", "e164"), rows)


def _keep(
    con: duckdb.DuckDBPyConnection,
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    schema: pa.Schema | None = None,
) -> None:
    schema = schema or pa.schema([(column, pa.string()) for column in columns])
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    table = pa.table(dict(zip(columns, map(list, values), strict=True)), schema)
    con.register("incoming_rows", table)
    con.execute(f'create or replace temp table "{name}" as from incoming_rows')
    con.unregister("incoming_rows")
