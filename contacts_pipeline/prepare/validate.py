"""``warehouse_contacts`` and ``crm_locations`` to ``valid_contacts``.

SQL reads the rows; what SQL can't judge goes to Python, each distinct value once.
"""

from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from contacts_pipeline.engine import define, keep, relation_sql
from contacts_pipeline.prepare.countries import foreign_names, standard_names
from contacts_pipeline.prepare.dates import judge_birthday
from contacts_pipeline.prepare.functions import register_functions
from contacts_pipeline.prepare.phone_plans import (
    TO_SCOPED,
    WORTH_LAYING_OUT,
    know_regions,
    lay_out_phones,
)
from contacts_pipeline.prepare.plain_emails import set_address_patterns
from contacts_pipeline.prepare.timezones import timezone_names
from contacts_pipeline.settings import Settings

PACKAGE = "contacts_pipeline.prepare"
TEXT = pa.string()

_TO_JUDGED = (
    *TO_SCOPED,
    "dialled_contacts",
    "addressed_contacts",
    "described_contacts",
)


def validate_contacts(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    today: date | None = None,
    lay_out_from: int = WORTH_LAYING_OUT,
) -> None:
    """Define the view ``valid_contacts`` on a connection that has both inputs as views.

    Args:
        con: Has ``warehouse_contacts`` and ``crm_locations``.
        settings: How strict to be, and how the source writes dates.
        today: Days of birth after it are ``date_future``; by default the day in UTC.
        lay_out_from: Phones of a part of a numbering plan from which it is laid out in tables.
    """
    con.execute(relation_sql(PACKAGE, "macros"))
    register_functions(con, settings.validation.phones)
    _define_rules(con, settings)
    keep(con, "timezone_names", {"name": TEXT, "zone": TEXT}, timezone_names())
    define(con, PACKAGE, "repeated_keys", "table")
    resolve_countries(con)
    define(con, PACKAGE, "resolved_locations", "table")
    know_regions(con)
    for name in ("written_locations", "written_countries", "written_timezones", "written_tags"):
        define(con, PACKAGE, name, "table")
    _resolve_dates(con, settings, today or datetime.now(UTC).date())
    lay_out_phones(con, settings.validation.phones, lay_out_from)
    set_address_patterns(con)
    define(con, PACKAGE, "judged_contacts", through=_TO_JUDGED)
    define(con, PACKAGE, "valid_contacts")


def _define_rules(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    validation = settings.validation
    con.execute(
        """create or replace temp table rules as
        select $1 as placeholders_reject, $2 as roles_reject, $3 as roles_warn,
        $4 as names_split""",
        [
            validation.placeholder_emails == "reject",
            validation.role_emails == "reject",
            validation.role_emails == "warn",
            validation.full_names == "split",
        ],
    )


def resolve_countries(con: duckdb.DuckDBPyConnection) -> None:
    """Define ``resolved_countries`` of both inputs.

    The names in other languages than English are read only for a source that may use them.
    """
    names = [(*pair, False) for pair in standard_names()]
    columns = {"name": TEXT, "code": TEXT, "is_foreign": pa.bool_()}
    keep(con, "country_names", columns, names)
    define(con, PACKAGE, "resolved_countries", "table")
    unsure = "select 1 from resolved_countries where country is null or guessed limit 1"
    if con.execute(unsure).fetchall():
        names += [(*pair, True) for pair in foreign_names()]
        keep(con, "country_names", columns, names)
        define(con, PACKAGE, "resolved_countries", "table")


def _resolve_dates(con: duckdb.DuckDBPyConnection, settings: Settings, today: date) -> None:
    define(con, PACKAGE, "written_dates", "table")
    texts = [text for (text,) in con.execute("select date_raw from written_dates").fetchall()]
    judged = [judge_birthday(text, settings.contacts.date_order, today) for text in texts]
    rows = [(text, day, list(codes)) for text, (day, codes) in zip(texts, judged, strict=True)]
    columns = {"date_raw": TEXT, "birthday": TEXT, "codes": pa.list_(TEXT)}
    keep(con, "resolved_dates", columns, rows)
