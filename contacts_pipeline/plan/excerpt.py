"""A plan as a person reads it: the first rows of each kind, and how often each code occurs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from contacts_pipeline.masking import mask


@dataclass(frozen=True)
class ShownRow:
    """A contact of the plan: source key, masked match values, what is sent where, or why not.

    ``contact_id`` is the predicted one, None for a new contact. ``kind`` is ``create``, ``update``,
    ``hold``, ``deferred`` or ``gone``.
    """

    kind: str
    source_key: str
    values: Sequence[str]
    fields: Sequence[str]
    hold: str | None
    warnings: Sequence[str]
    contact_id: str | None


@dataclass(frozen=True)
class Excerpt:
    """``rows`` in the order of sending; the others are counts, ``clears`` of fields.

    ``clears`` are fields that the source no longer has, and that the contacts keep.
    """

    rows: Sequence[ShownRow]
    kinds: Mapping[str, int]
    holds: Mapping[str, int]
    warnings: Mapping[str, int]
    clears: Mapping[str, int]


def read_excerpt(plan: Path, most_rows: int) -> Excerpt:
    """At most ``most_rows`` rows of each kind of the plan at ``plan``."""
    with duckdb.connect(":memory:") as con:
        quoted = str(plan).replace("'", "''")
        con.execute(
            f"""
            create view shown as
            select
                *,
                if(is_deferred, 'deferred', action) as kind,
                file_row_number as place
            from read_parquet('{quoted}', file_row_number = true)
            where action <> 'unchanged'
            """
        )
        rows = con.execute(
            """
            select
                kind, source_keys[1], body, changed_fields, hold, warnings.list_transform(
                    lambda one: one.code || coalesce(' ' || one.field, '')
                ), contact_id
            from shown
            qualify row_number() over (partition by kind order by place) <= ?
            order by place
            """,
            [most_rows],
        ).fetchall()

        def counts(query: str) -> dict[str, int]:
            return dict(
                con.execute(
                    f"select code, count(*) from ({query}) group by 1 order by 2 desc, 1"
                ).fetchall()
            )

        return Excerpt(
            rows=[_shown(*row) for row in rows],
            kinds=counts("select kind as code from shown"),
            holds=counts("select hold as code from shown where hold is not null"),
            warnings=counts(
                "select unnest(warnings).code as code "
                f"from read_parquet('{quoted}') where len(warnings) > 0"
            ),
            clears=counts(
                "select unnest(would_clear) as code "
                f"from read_parquet('{quoted}') where len(would_clear) > 0"
            ),
        )


def _shown(
    kind: str,
    source_key: str,
    body: str | None,
    *told: Any,
) -> ShownRow:
    changed_fields, hold, warnings, contact_id = told
    sent = json.loads(body) if body else {}
    values = [shown for field in ("email", "phone") if (shown := mask(sent.get(field)))]
    return ShownRow(
        kind, source_key, values, changed_fields or [], hold, warnings or [], contact_id
    )
