"""The ledger's tables, for SQLite and PostgreSQL alike.

Everything is keyed by the CRM (its normalised base URL) and the location. Times are UTC, naive.
No value of a contact is in here: hashes, ids, codes and counts. Every change of a table needs a
step in ``migrations``, which says how to add one.
"""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

metadata = MetaData()


def _place() -> tuple[Column[str], Column[str]]:
    return Column("crm", String, primary_key=True), Column("location_id", String, primary_key=True)


def _changes(comment: str) -> Column[int]:
    """A number that orders what a location has seen, which clocks that are set do not."""
    return Column(
        "changes", Integer, nullable=False, default=0, server_default="0", comment=comment
    )


facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
    comment="The schema's version and the fingerprint of the key of all hashes.",
)

locations = Table(
    "locations",
    metadata,
    *_place(),
    Column("version", Integer, nullable=False, default=0),
    Column("plan_id", String),
    Column("daily_remaining", Integer),
    Column("limits_seen_at", DateTime),
    _changes("How many commits have changed what a plan reads of the location."),
    comment="A location's version, raised by the first write of each plan.",
)

contacts = Table(
    "contacts",
    metadata,
    *_place(),
    Column("contact_id", String, primary_key=True),
    Column("source_keys", Text, nullable=False, comment="JSON list"),
    Column("email_hash", String, comment="Of the email that the contact holds."),
    Column("phone_hash", String, comment="Of the phone that the contact holds."),
    Column("hashes", Text, nullable=False, comment="JSON: API field to hash, as acknowledged."),
    Column("row_hash", String, comment="Of all fields; null until every effect is acknowledged."),
    Column("run_id", String, nullable=False),
    Column("known_at", DateTime, nullable=False),
    _changes("The location's, when this was written."),
    comment="What each contact of the CRM holds, as far as the CRM has acknowledged it.",
)

requests = Table(
    "requests",
    metadata,
    *_place(),
    Column("run_id", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("plan_id", String, comment="Null where an older program wrote it."),
    Column("identity", String, nullable=False, comment="Empty where it is about several."),
    Column("source_keys", Text, nullable=False, comment="JSON list"),
    Column("effect", String, nullable=False, comment="upsert, tags or lookup"),
    Column("predicted_contact_id", String),
    Column("email_hash", String),
    Column("phone_hash", String),
    Column("intended_at", DateTime, nullable=False, comment="Committed before the send."),
    Column("answered_at", DateTime, comment="Null while in flight, or where a crash came first."),
    Column("status", Integer, comment="HTTP status of an error; null for an answer."),
    Column("verdict", String, comment="created, updated, tagged, found, absent, or an error code"),
    Column("contact_id", String),
    Column("message", Text),
    Column("trace_id", String),
    Column("settled", Boolean, nullable=False, default=False, server_default=false()),
    _changes("The location's, when the request was intended."),
    comment="A row a request; one without a settled fate may or may not have been applied.",
)
Index(
    "requests_unsettled",
    requests.c.crm,
    requests.c.location_id,
    sqlite_where=requests.c.settled == false(),
    postgresql_where=requests.c.settled == false(),
)
Index("requests_by_identity", requests.c.crm, requests.c.location_id, requests.c.identity)
Index("requests_by_time", requests.c.crm, requests.c.location_id, requests.c.intended_at)

reads = Table(
    "reads",
    metadata,
    *_place(),
    Column("run_id", String, primary_key=True),
    Column("read_at", DateTime, primary_key=True),
    Column("requests", Integer, nullable=False),
    comment="The requests that reading a location took: they count against its day as well.",
)

outcomes = Table(
    "outcomes",
    metadata,
    *_place(),
    Column("run_id", String, primary_key=True),
    Column("identity", String, primary_key=True),
    Column("plan_id", String, nullable=False),
    Column("source_keys", Text, nullable=False, comment="JSON list"),
    Column("outcome", String, nullable=False, comment="created, updated, refused, failed, unknown"),
    Column("code", String),
    Column("message", Text),
    Column("contact_id", String),
    Column("predicted", String, comment="create or update; null where nothing was predicted"),
    Column("predicted_contact_id", String),
    Column("inferred", Boolean, nullable=False, default=False),
    Column("warnings", Text, nullable=False, comment="JSON list of code, field, detail"),
    Column("tries", Integer, nullable=False),
    Column("finished_at", DateTime, nullable=False),
    comment="The final state of each identity that a run attempted.",
)

pushes = Table(
    "pushes",
    metadata,
    *_place(),
    Column("run_id", String, primary_key=True),
    Column("plan_id", String),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime, nullable=False),
    Column("status", String, nullable=False, comment="ok, failed or held"),
    Column("reason", String, comment="Why it did not run to its end; null if it did."),
    Column("report", Text, nullable=False, comment="JSON: the counts that interface documents"),
    Column(
        "number",
        Integer,
        nullable=False,
        default=0,
        server_default="0",
        comment="Orders the location's pushes as they were recorded, which clocks do not.",
    ),
    comment="A row a location and run, written when the location is done.",
)
Index("pushes_by_number", pushes.c.crm, pushes.c.location_id, pushes.c.number)
