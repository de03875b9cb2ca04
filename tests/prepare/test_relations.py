"""Every relation of this room by itself: small tables in and out."""

from importlib.resources import files

import pytest

from contacts_pipeline.prepare.validate import PACKAGE
from tests.prepare.identity_cases import IDENTITY
from tests.prepare.judging_cases import JUDGING
from tests.prepare.lookup_cases import LOOKUPS
from tests.prepare.reading_cases import READING
from tests.prepare.relations import Case, rows_of
from tests.prepare.survival_cases import SURVIVAL

CASES = LOOKUPS | READING | JUDGING | IDENTITY | SURVIVAL
MACROS = "macros"


@pytest.mark.parametrize(
    ("relation", "case"),
    [(relation, case) for relation, cases in CASES.items() for case in cases],
    ids=lambda part: part.told if isinstance(part, Case) else part,
)
def test_relation(relation: str, case: Case) -> None:
    assert sorted(map(repr, rows_of(relation, case))) == sorted(map(repr, case.gives))


def test_every_relation_has_its_cases() -> None:
    written = {file.name for file in files(PACKAGE).iterdir() if file.name.endswith(".sql")}
    assert written - {f"{MACROS}.sql"} == {f"{relation}.sql" for relation in CASES}
    assert all(CASES.values())
