"""Dagster's storage on PostgreSQL: a process keeps a connection, and gives it back at the end."""

import dagster as dg
import pytest
import yaml
from sqlalchemy import create_engine, text

from tests.projects import Project
from tests.push.project import wait_for

POOLED = {"module": "contacts_pipeline.defs.storage", "class": "PooledPostgresStorage"}


@pytest.fixture
def address(project: Project, postgres_url: str) -> str:
    """A database that the project's instance is in."""
    url = postgres_url.replace("postgresql://", "postgresql+psycopg2://", 1)
    storage = {"custom": POOLED | {"config": {"postgres_url": url}}}
    told = yaml.safe_dump({"telemetry": {"enabled": False}, "storage": storage})
    (project.folder / "dagster_home" / "dagster.yaml").write_text(told)
    return url


def connections(address: str) -> int:
    """Of the storage: all to its database but the one that asks."""
    engine = create_engine(address)
    query = """select count(*) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()"""
    try:
        with engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())
    finally:
        engine.dispose()


def test_events_go_over_one_connection_and_an_ended_instance_has_none(address: str) -> None:
    key = dg.AssetKey("contact_upserts")
    for _ in range(5):
        with dg.DagsterInstance.get() as instance:
            for location in ("acme", "bolt"):
                instance.report_runless_asset_event(
                    dg.AssetMaterialization(key, partition=location)
                )
            assert connections(address) == 1
        assert wait_for(lambda: connections(address) == 0)  # the server takes a moment
    with dg.DagsterInstance.get() as instance:
        assert instance.get_materialized_partitions(key) == {"acme", "bolt"}
