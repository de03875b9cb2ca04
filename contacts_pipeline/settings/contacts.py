"""``contacts`` in ``contacts.yaml``: the table, and which column fills which field."""

import re
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from contacts_pipeline.contact import FIELD_COLUMNS, Channel
from contacts_pipeline.settings.section import Expression, Section


class FieldMap(Section):
    """API field to column, or to an SQL expression of the warehouse."""

    model_config = ConfigDict(title="Fields")

    firstName: Expression | None = Field(  # noqa: N815 - the API's own names, as the user types them
        None, description="Given name; what came all in capitals gets them at its words only."
    )
    lastName: Expression | None = Field(  # noqa: N815
        None, description="Family name, tidied the same way."
    )
    name: Expression | None = Field(
        None, description="Sent only where first and last name are empty."
    )
    email: Expression | None = Field(
        None, description="One address, or several, of which the first real one is taken."
    )
    phone: Expression | None = Field(
        None,
        description="One number, or several, of which the first usable one is taken; it becomes "
        "E.164.",
    )
    address1: Expression | None = Field(None, description="Street and number.")
    city: Expression | None = Field(None, description="Town or city, as written.")
    state: Expression | None = Field(None, description="State or region, as written.")
    postalCode: Expression | None = Field(  # noqa: N815
        None, description="Postal code, as text."
    )
    country: Expression | None = Field(
        None, description="Code or name; phones of the row are read in it."
    )
    website: Expression | None = Field(None, description="A URL or a bare domain.")
    timezone: Expression | None = Field(None, description="An IANA name, or one of Windows.")
    dnd: Expression | None = Field(None, description="Do not disturb, on all channels: yes or no.")
    dndSettings: dict[Channel, Expression] = Field(  # noqa: N815
        default_factory=dict, description="Channel to a boolean column; true blocks the channel."
    )
    inboundDndSettings: Expression | None = Field(  # noqa: N815
        None, description="Do not disturb for what comes in: yes or no, for all channels."
    )
    tags: Expression | None = Field(None, description="A list, or text split at commas.")
    source: Expression | None = Field(
        None, description="Where the contact is from, such as \"'warehouse'\", a text of SQL."
    )
    dateOfBirth: Expression | None = Field(  # noqa: N815
        None, description="A date, also in words; date_order says how 03/04/1990 is read."
    )
    companyName: Expression | None = Field(  # noqa: N815
        None, description="Company, as written."
    )
    assignedTo: Expression | None = Field(  # noqa: N815
        None, description="Id of the user in the CRM who has the contact."
    )
    gender: Expression | None = Field(
        None, description="The CRM takes it when it creates a contact, not later."
    )

    @property
    def columns(self) -> dict[str, str]:
        """Pipeline column to warehouse expression, for the plain fields that are mapped."""
        mapped = {column: getattr(self, field) for field, column in FIELD_COLUMNS.items()}
        return {column: expression for column, expression in mapped.items() if expression}


class Contacts(Section):
    """The table or query of contacts, and what its columns mean."""

    table: str | None = Field(
        None, description="Table of the warehouse with a row a contact; this or query."
    )
    query: str | None = Field(None, description="A select instead of a table.")
    key: str = Field(description="Unique in the source; the row's name in every report.")
    location: str = Field(description="Column with the id of the row's location.")
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
