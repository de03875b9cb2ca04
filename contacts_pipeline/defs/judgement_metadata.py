"""What the UI shows of the rows that were judged: how many by code, and the worst row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from contacts_pipeline.defs.explain import ExplainLinks
from contacts_pipeline.defs.metadata import frame, table
from contacts_pipeline.masking import mask, mask_key
from contacts_pipeline.prepare import FieldWarning, Rejection

_CODES = """
select 'rejected' as kind, rejection.code as code, rejection.field as field, count(*) as rows
from read_parquet($path) where rejection is not null group by all
union all
select 'warned', code, field, count(*)
from (select unnest(warnings, recursive := true) from read_parquet($path))
group by all
order by 1, 4 desc, 2, 3
"""
_REJECTED = """
select source_key, location_id, rejection.code as code, rejection.field as field,
    rejection.raw as value
from read_parquet($path)
where rejection is not null
qualify row_number() over (partition by rejection.code order by location_id, source_key) <= 20
order by code, location_id, source_key
"""
"""At most twenty rows a code: a table of the UI is looked at, not searched."""


def judgement_metadata(path: Path, links: ExplainLinks) -> dict[str, Any]:
    """What was rejected and warned of in ``valid_contacts``: by code, as series, and row by row.

    Every code has a number in every run, so that its plot has no gaps. Values are masked,
    and so is a location that the registry does not have: it may be a value of another column.
    """
    counts = frame(_CODES, path)
    numbers = {f"rejected_{code}": 0 for code in Rejection}
    numbers |= {f"warned_{code}": 0 for code in FieldWarning}
    for row in counts.to_dict(orient="records"):
        numbers[f"{row['kind']}_{row['code']}"] += int(row["rows"])
    rejected = frame(_REJECTED, path)
    found = rejected[rejected["code"] != Rejection.LOCATION_UNKNOWN]
    found = found[["location_id", "source_key"]].dropna()
    stories = links.listed("rejected", found.itertuples(index=False, name=None))
    rejected["source_key"] = [_told(key, mask_key) for key in rejected["source_key"]]
    rejected["location_id"] = [
        _told(name, mask) if code == Rejection.LOCATION_UNKNOWN else name
        for name, code in zip(rejected["location_id"], rejected["code"], strict=True)
    ]
    rejected["value"] = [_told(value, mask) for value in rejected["value"]]
    return {"codes": table(counts), "rejected_rows": table(rejected), **stories, **numbers}


def _told(value: Any, masked: Callable[[str], str | None]) -> str | None:
    return masked(value) if isinstance(value, str) else None  # pandas makes a missing text NaN
