"""What a plan reads and other rooms write: locations and tables."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from contacts_pipeline.contact import CHANNEL_COLUMNS, FIELD_COLUMNS
from contacts_pipeline.plan.custom_values import CustomFields
from contacts_pipeline.plan.files import PlanError
from contacts_pipeline.snapshots import made_from, snapshot_id, unchanging
from contacts_pipeline.spent import NOTHING, Spent

_KINDS = {
    "tags": pa.list_(pa.string()),
    "dnd": pa.bool_(),
    "custom_fields": pa.map_(pa.string(), pa.string()),
    "additional_emails": pa.list_(pa.string()),
    "updated_at": pa.timestamp("us"),
}
_LISTED_AT = b"contacts_pipeline.listed_at"
_LISTED_CHANGES = b"contacts_pipeline.listed_changes"
_LIST_ID = b"contacts_pipeline.list_id"

CRM_CONTACTS = pa.schema(
    [
        (column, _KINDS.get(column, pa.string()))
        for column in (
            "location_id",
            "contact_id",
            *FIELD_COLUMNS.values(),
            *CHANNEL_COLUMNS.values(),
            "inbound_dnd",
            "custom_fields",
            "additional_emails",
            "updated_at",
        )
    ]
)
"""``listed_rows``: a contact's id and its fields as the CRM holds them.

Tags are sorted; ``dnd_<channel>`` and ``inbound_dnd`` are statuses (``active`` blocks);
``custom_fields`` maps ids to values as JSON; ``updated_at`` is the CRM's own, in UTC.
"""

LOCATIONS = pa.schema(
    [
        ("location_id", pa.string()),
        ("matches_email", pa.bool_()),
        ("matches_phone", pa.bool_()),
        ("allows_duplicates", pa.bool_()),
        ("listed_at", pa.timestamp("us")),
        ("listed_changes", pa.int64()),
        ("is_fresh", pa.bool_()),
        ("custom_fields", pa.map_(pa.string(), pa.string())),
        ("rules", pa.string()),
    ]
)
"""``locations``: what the relations of the plan know of a location.

Whether its duplicate rule looks at email and at phone, and whether several contacts may hold one
value; up to when its list shows everything (UTC, null without a list that says so), the ledger's
changes before it (null where an older program read it), and whether it was read in this run; keys
of custom fields that take any text, to their ids; what hashes depend on beside a contact's values.
"""

POLICY = pa.schema(
    [
        *(
            (name, pa.string())
            for name in ("tags", "dnd", "shared", "changed_email", "deleted_in_crm")
        ),
        ("crm_edits", pa.map_(pa.string(), pa.string())),
        ("clear", pa.list_(pa.string())),
    ]
)
"""``policy``: one row, the settings of that name; ``crm_edits`` maps API fields to their rules."""

_LOOKS, _BETWEEN_LOOKS_SECONDS = 50, 0.1  # a refresh replaces one right after the other

PACKAGE = "contacts_pipeline.plan"
"""Where the relations of a plan are."""

DEFERRED_CONTACTS = pa.schema([("location_id", pa.string()), ("identity", pa.string())])
"""``deferred_contacts``: the identities that the last push of their location had to leave."""


@dataclass(frozen=True)
class Sources:
    """The snapshots that a plan is made from, and where it goes."""

    valid_contacts: Path
    unique_contacts: Path
    snapshots: Path
    scratch: Path


@dataclass(frozen=True)
class PlannedLocation:
    """What planning needs to know of a location beyond its contacts.

    ``custom_fields`` are known by key; phones without a country are dialled in ``region``.
    ``crm_contacts`` is a list of what the CRM holds, which ``spent`` went on if it is fresh;
    ``scored`` if the plan predicts. A location that ``allows_duplicates`` looks for email, then
    phone, whatever ``match`` says. ``outcomes`` is the table of a push that had to leave contacts
    for later, ``pushed_plan_id`` the plan of the last push that was not held.
    """

    location_id: str
    match: str
    burst_limit: int
    interval_ms: int
    max_reject_share: float
    max_create_share: float
    max_shrink_share: float
    daily_limit: int
    daily_reserve: int
    custom_fields: CustomFields
    region: str | None = None
    crm_contacts: Path | None = None
    is_fresh: bool = False
    spent: Spent = NOTHING
    scored: bool = True
    allows_duplicates: bool = False
    outcomes: Path | None = None
    pushed_plan_id: str | None = None


@contextmanager
def unchanging_sources(sources: Sources) -> Iterator[Sources]:
    """The same, whose files stay what they are while another run writes new ones.

    Raises:
        PlanError: they are of two refreshes.
    """
    for _ in range(_LOOKS):
        with unchanging(sources.valid_contacts, sources.unique_contacts) as (valid, unique):
            if (made_from(unique) or None) == snapshot_id(valid):
                yield replace(sources, valid_contacts=valid, unique_contacts=unique)
                return
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    raise PlanError(
        "unique_contacts was not made from its valid_contacts; materialise unique_contacts again"
    )


@contextmanager
def unchanging_lists(locations: Sequence[PlannedLocation]) -> Iterator[list[PlannedLocation]]:
    """The same, whose files stay what they are while another run writes new ones."""
    lists = [path for one in locations for path in (one.crm_contacts, one.outcomes) if path]
    with unchanging(*lists) as paths:
        still = dict(zip(lists, paths, strict=True))
        yield [
            replace(
                one,
                crm_contacts=one.crm_contacts and still[one.crm_contacts],
                outcomes=one.outcomes and still[one.outcomes],
            )
            for one in locations
        ]


@dataclass(frozen=True)
class Listed:
    """How old a list is: when its reading began, and the ledger's ``changes`` then.

    What came later may be missing. ``id`` tells it from every other list. ``changes`` and ``id``
    are None where an older program read it.
    """

    at: datetime
    changes: int | None = None
    id: str | None = None


def crm_contacts_schema(
    listed: Listed, times: Mapping[bytes, datetime | None] | None = None
) -> pa.Schema:
    """The schema of a list of that age; ``times`` are kept beside it."""
    moments = {_LISTED_AT: listed.at, **(times or {})}
    told = {
        name: time.astimezone(UTC).isoformat() for name, time in moments.items() if time is not None
    }
    if listed.changes is not None:
        told[_LISTED_CHANGES] = str(listed.changes)
    if listed.id is not None:
        told[_LIST_ID] = listed.id
    return CRM_CONTACTS.with_metadata(told)


def is_current_list(path: Path) -> bool:
    """Whether a list is at ``path`` and has the columns of ``CRM_CONTACTS``."""
    return path.exists() and bool(pq.read_schema(path).equals(CRM_CONTACTS))


def read_listed(path: Path) -> Listed | None:
    """How old the list at ``path`` is; None if the file does not say."""
    told = {name: text.decode() for name, text in (pq.read_schema(path).metadata or {}).items()}
    if _LISTED_AT not in told:
        return None
    changes = told.get(_LISTED_CHANGES)
    return Listed(
        datetime.fromisoformat(told[_LISTED_AT]),
        int(changes) if changes is not None else None,
        told.get(_LIST_ID),
    )
