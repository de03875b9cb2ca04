"""A stage that lost or doubled rows fails its check, and nothing is made from it."""

from pathlib import Path

import dagster as dg
import duckdb
import pytest

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh
from tests.projects import Project, people

pytestmark = pytest.mark.slow

DOUBLED = "from stage union all from stage"
OF_NO_LOCATION = "select * replace (null as location_id) from stage"


def spoil(stage: Path, query: str) -> None:
    with duckdb.connect() as con:
        con.read_parquet(str(stage)).create_view("stage")
        con.execute(f"create table spoiled as {query}")
        con.execute(f"copy spoiled to '{stage}' (format parquet)")


def failed_checks(instance: dg.DagsterInstance, *assets: str) -> tuple[set[str], list[str]]:
    """The checks that failed while the assets were made, and the assets that were made."""
    run = (
        build_definitions()
        .resolve_job_def("refresh")
        .execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(asset) for asset in assets],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    )
    made = [event.asset_key for event in run.get_asset_materialization_events()]
    checks = run.get_asset_check_evaluations()
    return (
        {check.check_name for check in checks if not check.passed},
        [key.to_user_string() for key in made if key],
    )


@pytest.mark.parametrize(
    ("spoiled", "query", "asset", "failed"),
    [
        ("crm_locations", DOUBLED, "valid_contacts", {"every_row_judged"}),
        (
            "crm_locations",
            DOUBLED,
            "unique_contacts",
            {"one_row_an_identity", "every_valid_row_unified"},
        ),
        ("valid_contacts", DOUBLED, "unique_contacts", {"every_valid_row_unified"}),
        ("valid_contacts", OF_NO_LOCATION, "unique_contacts", {"every_valid_row_unified"}),
    ],
)
def test_a_stage_with_rows_lost_or_doubled_fails_its_check(
    project: Project,
    instance: dg.DagsterInstance,
    spoiled: str,
    query: str,
    asset: str,
    failed: set[str],
) -> None:
    project.write(people("acme", 3))
    refresh(instance)
    spoil(project.workspace().snapshot(spoiled), query)
    assert failed_checks(instance, asset) == (failed, [asset])


def test_nothing_is_unified_from_rows_that_were_not_judged_once(
    project: Project, instance: dg.DagsterInstance
) -> None:
    project.write(people("acme", 3))
    refresh(instance)
    spoil(project.workspace().snapshot("crm_locations"), DOUBLED)
    failed, made = failed_checks(instance, "valid_contacts", "unique_contacts")
    assert (failed, made) == ({"every_row_judged"}, ["valid_contacts"])
