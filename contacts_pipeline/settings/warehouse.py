"""``warehouse`` and ``write_back`` in ``contacts.yaml``: where contacts come from, outcomes go."""

from typing import Annotated

from pydantic import Field, field_validator

from contacts_pipeline.settings.section import YEAR_MINUTES, CronLine, Section

AssetName = Annotated[str, Field(pattern=r"^[^/\s]+(/[^/\s]+)*$")]
"""Dagster's key of an asset, its parts joined by slashes."""


class Warehouse(Section):
    """Where the contacts are, and how they are read."""

    url: str = Field(
        repr=False,
        description="A folder of .parquet/.csv files, a .duckdb file, or a URL: postgresql://, "
        "snowflake://, bigquery://, md:, s3://, gs://, abfs://, adbc+DRIVER://. "
        "Credentials come by ${VAR} only.",
    )
    timeout_seconds: float = Field(
        3600,
        gt=0,
        le=2_147_483,
        description="Of one statement and the taking of its rows.",
    )
    overlap_minutes: float = Field(
        60,
        ge=0,
        le=YEAR_MINUTES,
        description="How far behind the newest updated_at an incremental read starts: longer than "
        "the longest transaction or load that writes the table.",
    )
    keys_hours: float = Field(
        24, ge=0, description="How often all keys are read, to notice deleted and late rows."
    )
    full_refresh: CronLine | None = Field(
        None, description="Cron line (UTC), such as '0 3 * * 0', after which all is read again."
    )

    upstream_assets: dict[str, AssetName] = Field(
        default_factory=dict,
        description="Table, as contacts and locations name it, to the Dagster asset that builds "
        "it, such as shop/marts/customers.",
    )

    @field_validator("upstream_assets")
    @classmethod
    def _each_once(cls, value: dict[str, str]) -> dict[str, str]:
        for key in value.values():
            if list(value.values()).count(key) > 1:
                raise ValueError(f"the asset '{key}' builds two tables; it can build one")
        return value


class WriteBack(Section):
    """Tables of outcomes in the warehouse; without this section nothing is written there."""

    url: str | None = Field(
        None,
        repr=False,
        description="By default warehouse.url. A login of its own needs no right to the contacts.",
    )
    schema_name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = Field(
        "contacts_pipeline", alias="schema", description="Schema, dataset or folder of the tables."
    )


def is_server(url: str) -> bool:
    """Whether ``url`` names anything but files on this machine."""
    return "://" in url or url.startswith("md:")
