"""The setting ``policy.crm_edits``: what becomes of a field that somebody edits in the CRM."""

from typing import Literal, get_args

from pydantic import Field

from contacts_pipeline.settings.section import Section

EditRule = Literal["overwrite", "keep", "hold"]
EditableField = Literal[
    "firstName",
    "lastName",
    "email",
    "phone",
    "address1",
    "city",
    "state",
    "postalCode",
    "country",
    "website",
    "timezone",
    "source",
    "dateOfBirth",
    "companyName",
    "assignedTo",
    "customFields",
]
"""Fields whose edits are seen; tags and do-not-disturb have policies of their own."""

EDITABLE_FIELDS: tuple[EditableField, ...] = get_args(EditableField)
EDITABLE_TEXTS = tuple(field for field in EDITABLE_FIELDS if field != "customFields")


class CrmEdits(Section):
    """A rule for each field, where one rule for all is not enough."""

    default: EditRule = Field(
        "keep",
        description="For the fields that `fields` does not name.",
    )
    fields: dict[EditableField, EditRule] = Field(
        default_factory=dict, description="API field to rule."
    )


def rules_of_edits(setting: EditRule | CrmEdits) -> dict[EditableField, EditRule]:
    """The rule of every field."""
    if isinstance(setting, CrmEdits):
        return dict.fromkeys(EDITABLE_FIELDS, setting.default) | setting.fields
    return dict.fromkeys(EDITABLE_FIELDS, setting)
