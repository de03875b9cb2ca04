"""Dagster's storage on PostgreSQL, over connections that a process keeps.

Dagster opens one for every statement group, twice for an event of an asset, and asks for each
whether its tables are there: most of what an event costs, and a fleet writes six for each location
that is pushed.
"""

from collections.abc import Mapping
from typing import Any, Self

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import (
    create_pg_engine,
    get_token_provider_from_config,
    pg_url_from_config,
)

_POOL: Mapping[str, Any] = {
    "pool_size": 1,
    "max_overflow": -1,  # threads that write at once are not kept waiting, nor their connections
    "pool_pre_ping": True,  # a server that was restarted is found again
    "pool_recycle": 300,  # seconds; firewalls forget a connection that is silent for longer
}


class _KeptEventLog(PostgresEventLogStorage):
    """Knows the tables that it has found, and is the part that an instance disposes of."""

    _found: frozenset[str] = frozenset()

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._found and super().has_table(table_name):
            self._found |= {table_name}
        return table_name in self._found

    def dispose(self) -> None:
        super().dispose()
        self._engine.dispose()


class PooledPostgresStorage(DagsterPostgresStorage):
    """As Dagster's own, in dagster.yaml: ``storage: {custom: {module, class, config}}``."""

    def __init__(
        self,
        postgres_url: str,
        *,
        should_autocreate_tables: bool = True,
        inst_data: ConfigurableClassData | None = None,
        token_provider: Any = None,
    ) -> None:
        super().__init__(postgres_url, should_autocreate_tables, inst_data, token_provider)
        engine = create_pg_engine(
            postgres_url, token_provider, isolation_level="AUTOCOMMIT", **_POOL
        )
        self._event_log_storage = _KeptEventLog(
            postgres_url, should_autocreate_tables=False, token_provider=token_provider
        )
        for storage in (self._event_log_storage, self._run_storage, self._schedule_storage):
            storage._engine = engine  # noqa: SLF001 - has no public name

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> Self:
        """With the keys of Dagster's own storage."""
        return cls(
            pg_url_from_config(config_value),
            should_autocreate_tables=config_value.get("should_autocreate_tables", True),
            inst_data=inst_data,
            token_provider=get_token_provider_from_config(config_value),
        )
