"""``warehouse`` in ``contacts.yaml``: where the contacts are, how they are read."""

from pydantic import Field

from contacts_pipeline.settings_section import CronLine, Section


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
        description="How far behind the newest updated_at an incremental read starts: longer than "
        "the longest transaction or load that writes the table.",
    )
    keys_hours: float = Field(
        24, ge=0, description="How often all keys are read, to notice deleted and late rows."
    )
    full_refresh: CronLine | None = Field(
        None, description="Cron line (UTC), such as '0 3 * * 0', after which all is read again."
    )

    @property
    def is_server(self) -> bool:
        """Whether the warehouse is anything but files on this machine."""
        return "://" in self.url or self.url.startswith("md:")
