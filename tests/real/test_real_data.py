"""Public sample databases, judged and unified: the same counts and contacts as before.

``python -m tests.real.test_real_data`` writes what is expected, after a change that is meant.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contacts_pipeline.prepare import write_unique_contacts, write_valid_contacts
from contacts_pipeline.settings import load_settings
from contacts_pipeline.warehouse import extract_contacts, read_locations, save_locations

HERE = Path(__file__).parent
REAL_DATA = Path(os.environ.get("REAL_DATA", HERE.parents[2] / "shared" / "real"))
EXPECTED = HERE / "expected.json"
CODES = """
select code, field, count(*) as n
from (
    select unnest(list_append(warnings, rejection), recursive := true) from read_parquet($path)
)
where code is not null
group by all order by all
"""


@pytest.mark.parametrize("name", ["chinook", "pagila"])
def test_the_public_databases_give_what_they_gave_before(name: str, tmp_path: Path) -> None:
    if not REAL_DATA.is_dir():
        pytest.skip(f"{REAL_DATA} is not there; REAL_DATA names another folder")
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))[name]
    assert prepared(name, tmp_path) == expected


def prepared(name: str, folder: Path) -> dict[str, Any]:
    """Counts, codes and a digest of every contact."""
    environ = {"REAL_DATA": str(REAL_DATA), "CRM_BASE_URL": "http://127.0.0.1:8484"}
    settings = load_settings(HERE / f"{name}.yaml", environ)
    contacts, locations = folder / "contacts.parquet", folder / "locations.parquet"
    valid, unique = folder / "valid.parquet", folder / "unique.parquet"
    save_locations(read_locations(settings, folder), locations)
    extract_contacts(settings, contacts, folder)
    write_valid_contacts(contacts, locations, valid, settings, scratch=folder)
    write_unique_contacts(valid, locations, unique, settings, scratch=folder)
    with duckdb.connect() as con:
        codes = con.execute(CODES, {"path": str(valid)}).fetchall()
        rows = con.execute("select count(*) from read_parquet(?)", [str(valid)]).fetchall()
        people = con.sql(f"from read_parquet('{unique}')").to_arrow_table().to_pylist()
    return {
        "rows": rows[0][0],
        "identities": len(people),
        "held": sum(person["hold"] is not None for person in people),
        "codes": {f"{code} {field}": n for code, field, n in codes},
        "digest": digest(people),
    }


def digest(people: list[dict[str, Any]]) -> str:
    """Of all columns and rows, in whatever order they come."""
    lines = sorted(json.dumps(person, sort_keys=True, default=str) for person in people)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    import tempfile

    found = {}
    for database in ("chinook", "pagila"):
        with tempfile.TemporaryDirectory() as scratch:
            found[database] = prepared(database, Path(scratch))
    EXPECTED.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
