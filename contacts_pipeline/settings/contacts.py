"""``contacts`` in ``contacts.yaml``: the table, and which column fills which field."""

import re
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from contacts_pipeline.contact import FIELD_COLUMNS, Channel
from contacts_pipeline.settings.section import Expression, Section


class FieldMap(Section):
    """API field to column, or to an SQL expression of the warehouse."""

    model_config = ConfigDict(title="Fields")

    firstName: Expression | None = None  # noqa: N815 - the API's own names, as the user types them
    lastName: Expression | None = None  # noqa: N815
    name: Expression | None = Field(
        None, description="Sent only where first and last name are empty."
    )
    email: Expression | None = None
    phone: Expression | None = None
    address1: Expression | None = None
    city: Expression | None = None
    state: Expression | None = None
    postalCode: Expression | None = None  # noqa: N815
    country: Expression | None = None
    website: Expression | None = None
    timezone: Expression | None = None
    dnd: Expression | None = None
    dndSettings: dict[Channel, Expression] = Field(  # noqa: N815
        default_factory=dict, description="Channel to a boolean column; true blocks the channel."
    )
    inboundDndSettings: Expression | None = None  # noqa: N815
    tags: Expression | None = Field(None, description="A list, or text split at commas.")
    source: Expression | None = None
    dateOfBirth: Expression | None = None  # noqa: N815
    companyName: Expression | None = None  # noqa: N815
    assignedTo: Expression | None = None  # noqa: N815
    gender: Expression | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Pipeline column to warehouse expression, for the plain fields that are mapped."""
        mapped = {column: getattr(self, field) for field, column in FIELD_COLUMNS.items()}
        return {column: expression for column, expression in mapped.items() if expression}


class Contacts(Section):
    """The table or query of contacts, and what its columns mean."""

    table: str | None = None
    query: str | None = None
    key: str = Field(description="Unique in the source; the row's name in every report.")
    location: str
    updated_at: str | None = Field(None, description="Newest wins; left out, ties go to the key.")
    fields: FieldMap
    custom_fields: dict[str, Expression] = Field(
        default_factory=dict, description="Custom field key, without 'contact.', to a column."
    )
    date_order: Literal["dmy", "mdy"] | None = Field(
        None, description="How this source writes 03/04/1990; left out, such a date is dropped."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either 'table' or 'query', not both")
        return self

    def reads(self, table: str) -> bool:
        """Whether the contacts come from ``table``, or from a query that names it."""
        named = rf"(?<!\w){re.escape(table)}(?!\w)"
        return table == self.table or re.search(named, self.query or "", re.IGNORECASE) is not None
