"""The whole of ``contacts.yaml`` as one pydantic model.

A secret is the name of an environment variable, never a value. Reading the file,
with its line numbers and variables, is ``file``'s work.
"""

from pathlib import Path
from typing import Self

from pydantic import PrivateAttr, ValidationInfo, field_validator, model_validator

from contacts_pipeline.settings.contacts import Contacts
from contacts_pipeline.settings.crm import Crm
from contacts_pipeline.settings.locations import Location, LocationTable
from contacts_pipeline.settings.operation import Alerts, Automation, Checks, Retention
from contacts_pipeline.settings.policy import Policy, Proof, Validation
from contacts_pipeline.settings.section import Section
from contacts_pipeline.settings.survivorship import Survivorship
from contacts_pipeline.settings.warehouse import Warehouse, WriteBack, is_server

SAMPLE_WAREHOUSE = Path("data/sample")


class Settings(Section):
    """The whole of ``contacts.yaml``."""

    warehouse: Warehouse
    contacts: Contacts
    locations: LocationTable | tuple[Location, ...]
    crm: Crm
    policy: Policy = Policy()
    survivorship: Survivorship = Survivorship()
    validation: Validation = Validation()
    proof: Proof = Proof()
    write_back: WriteBack | None = None
    automation: Automation | None = None
    checks: Checks = Checks()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()

    _folder: Path = PrivateAttr(default_factory=Path)

    @field_validator("survivorship")
    @classmethod
    def _of_mapped_fields(cls, value: Survivorship, info: ValidationInfo) -> Survivorship:
        contacts = info.data.get("contacts")
        if isinstance(contacts, Contacts):
            for key in value.custom_fields.keys() - contacts.custom_fields.keys():
                raise ValueError(f"custom_fields: contacts.custom_fields has no '{key}'")
        return value

    @model_validator(mode="after")
    def _upstream_of_what_is_read(self) -> Self:
        registry = self.locations.table if isinstance(self.locations, LocationTable) else None
        for table in self.warehouse.upstream_assets:
            if table != registry and not self.contacts.reads(table):
                raise ValueError(
                    f"warehouse.upstream_assets: neither contacts nor locations read '{table}'"
                )
        return self

    @property
    def warehouse_path(self) -> Path | None:
        """The warehouse's folder or file, absolute; None where it is a server."""
        return self.local_path(self.warehouse.url)

    def local_path(self, url: str) -> Path | None:
        """Where ``url`` lies on this machine, absolute; None where it is a server."""
        return None if is_server(url) else (self._folder / url).resolve()

    @property
    def reads_the_sample(self) -> bool:
        """Whether the people in the warehouse are the invented ones of ``data/sample``."""
        path = self.warehouse_path
        return path is not None and path.parts[-2:] == SAMPLE_WAREHOUSE.parts

    def in_folder(self, folder: Path) -> Self:
        """The same settings, with relative paths read from ``folder``."""
        moved = self.model_copy()
        moved._folder = folder  # noqa: SLF001 - its own
        return moved
