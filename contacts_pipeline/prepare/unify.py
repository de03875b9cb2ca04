"""``valid_contacts`` and ``crm_locations`` to ``unique_contacts``: rules 1 to 4 of identity.

Most rows are an identity of their own and pass by; only those that share one are compared.
"""

import duckdb
import numpy as np
import pyarrow as pa

from contacts_pipeline.engine import define, relation_sql
from contacts_pipeline.prepare.components import component_labels
from contacts_pipeline.prepare.validate import PACKAGE
from contacts_pipeline.settings import Settings


def unify_contacts(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Define the view ``unique_contacts`` on a connection that has both inputs as views.

    Args:
        con: Has ``valid_contacts`` and ``crm_locations``.
        settings: ``policy.shared``.
    """
    con.execute(relation_sql(PACKAGE, "macros"))
    define(con, PACKAGE, "matching_locations", "table")
    if settings.policy.shared == "merge":
        _link(con)
        con.execute("create or replace temp view keyed_contacts as from keyed_by_link")
    else:
        define(con, PACKAGE, "phone_emails", "table")
        define(con, PACKAGE, "keyed_by_value")
        con.execute("create or replace temp view keyed_contacts as from keyed_by_value")
    define(con, PACKAGE, "repeated_identities", "table")
    define(con, PACKAGE, "merged_members", "table")
    for name in ("merged_custom_fields", "merged_choices", "merged_contacts", "single_contacts"):
        define(con, PACKAGE, name)
    define(con, PACKAGE, "unique_contacts")


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
