"""``valid_contacts`` and ``crm_locations`` to ``unique_contacts``: rules 1 to 4 of identity.

Most rows are an identity of their own and pass by; only those that share one are compared.
"""

import duckdb
import numpy as np
import pyarrow as pa

from contacts_pipeline.contact import FIELD_COLUMNS
from contacts_pipeline.engine import define, keep, relation_sql
from contacts_pipeline.prepare.components import component_labels
from contacts_pipeline.prepare.validate import PACKAGE
from contacts_pipeline.settings import Settings

MEMBERS_AT_ONCE = 200_000
"""Rows merged at a time: what DuckDB keeps of each meanwhile, about 1 kB, it can't spill."""


def unify_contacts(
    con: duckdb.DuckDBPyConnection, settings: Settings, members_at_once: int = MEMBERS_AT_ONCE
) -> None:
    """Define the view ``unique_contacts`` on a connection that has both inputs as views.

    Args:
        con: Has ``valid_contacts`` and ``crm_locations``.
        settings: ``policy.shared``, and whose values survive.
        members_at_once: About how many rows of shared identities are merged at a time.
    """
    con.execute(relation_sql(PACKAGE, "macros"))
    _define_survivorship(con, settings)
    define(con, PACKAGE, "matching_locations", "table")
    if settings.policy.shared == "merge":
        _link(con)
        con.execute("create or replace temp view keyed_contacts as from keyed_by_link")
    else:
        define(con, PACKAGE, "phone_emails", "table")
        define(con, PACKAGE, "keyed_by_value")
        con.execute("create or replace temp view keyed_contacts as from keyed_by_value")
    define(con, PACKAGE, "repeated_identities", "table")
    define(con, PACKAGE, "identity_members", "table")
    _merge(con, members_at_once)
    define(con, PACKAGE, "single_contacts")
    define(con, PACKAGE, "unique_contacts")


def _merge(con: duckdb.DuckDBPyConnection, members_at_once: int) -> None:
    """Define the table ``merged_contacts``, a part of the identities after the other."""
    members = con.execute("select count(*) from identity_members").fetchall()[0][0]
    parts = 1 + members // members_at_once
    _turn_to(con, 0, parts)
    define(con, PACKAGE, "shared_members", "table")
    define(con, PACKAGE, "merged_members")
    into = "create or replace temp table merged_contacts as"
    for part in range(parts):
        _turn_to(con, part, parts)
        define(con, PACKAGE, "survivors", "table")
        for name in ("survivor_ages", "ranked_members", "merged_custom_fields", "merged_choices"):
            define(con, PACKAGE, name)
        con.execute(f"{into} {relation_sql(PACKAGE, 'merged_contacts')}")
        into = "insert into merged_contacts"
    con.execute("drop table shared_members")


def _turn_to(con: duckdb.DuckDBPyConnection, part: int, parts: int) -> None:
    keep(con, "merging", {"parts": pa.int64(), "part": pa.int64()}, [(parts, part)])


def _define_survivorship(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Tables of the settings: ``survivorship``, one line, and ``other_rules``.

    The latter has the fields whose rule is not newest: only they are counted and measured.
    """
    chosen, by_source = settings.survivorship, settings.survivorship.source_priority
    sources = [source.lower() for source in by_source.order] if by_source else []
    custom = {
        key: chosen.custom_fields.get(key, chosen.default)
        for key in settings.contacts.custom_fields
    }
    columns = {FIELD_COLUMNS.get(field, field): rule for field, rule in chosen.rules.items()}
    con.register(
        "incoming_rules",
        pa.table(
            {column: [rule] for column, rule in columns.items()}
            | {
                "sources": pa.array([sources], pa.list_(pa.string())),
                "custom_rules": pa.array([list(custom.items())], pa.map_(pa.string(), pa.string())),
            }
        ),
    )
    con.execute("create or replace temp table survivorship as from incoming_rules")
    rules = chosen.rules | {f"customFields.{key}": rule for key, rule in custom.items()}
    others = {field: rule for field, rule in rules.items() if rule != "newest"}
    con.register(
        "incoming_rules",
        pa.table(
            {"field": list(others), "rule": list(others.values())},
            pa.schema([("field", pa.string()), ("rule", pa.string())]),
        ),
    )
    con.execute("create or replace temp table other_rules as from incoming_rules")
    con.unregister("incoming_rules")


def _link(con: duckdb.DuckDBPyConnection) -> None:
    """Give every email and phone the label of the chain that it is part of."""
    define(con, PACKAGE, "contact_links", "table")
    define(con, PACKAGE, "link_nodes", "table")
    nodes = con.execute("select count(*) from link_nodes").fetchall()[0][0]
    edges = con.sql(relation_sql(PACKAGE, "link_edges")).to_arrow_table()
    labels = component_labels(edges["email_node"].to_numpy(), edges["phone_node"].to_numpy(), nodes)
    con.register("incoming_labels", pa.table({"node": np.arange(nodes), "label": labels}))
    con.execute(
        """create or replace temp table link_labels as
        select n.location_id, n.email, n.phone, l.label
        from link_nodes as n inner join incoming_labels as l on l.node = n.node"""
    )
    con.unregister("incoming_labels")
    define(con, PACKAGE, "keyed_by_link")
