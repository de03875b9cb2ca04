"""``warehouse`` in ``contacts.yaml``: where the contacts are, how they are read."""

from pydantic import Field

from contacts_pipeline.settings_section import Section


class Warehouse(Section):
    """Where the contacts are, and how they are read."""

    url: str = Field(
        repr=False,
        description="A folder of .parquet/.csv files, a .duckdb file, or a URL: postgresql://, "
        "snowflake://, bigquery://, md:, s3://, gs://, abfs://, adbc+DRIVER://. "
        "Credentials come by ${VAR} only.",
    )
    timeout_seconds: float = Field(3600, gt=0, description="Of one statement in the warehouse.")

    @property
    def is_server(self) -> bool:
        """Whether the warehouse is anything but files on this machine."""
        return "://" in self.url or self.url.startswith("md:")
