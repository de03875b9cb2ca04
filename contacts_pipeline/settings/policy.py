"""``policy``, ``validation`` and ``proof`` in ``contacts.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from contacts_pipeline.contact import FIELD_COLUMNS, NOT_NULLABLE
from contacts_pipeline.settings.edits import CrmEdits, EditRule
from contacts_pipeline.settings.section import Section


class Policy(Section):
    """What may be done to contacts that the CRM already holds."""

    tags: Literal["add", "overwrite", "skip"] = "add"
    dnd: Literal["set_only", "follow"] = "set_only"
    shared: Literal["withhold", "merge", "hold"] = "withhold"
    changed_email: Literal["hold", "create", "update_by_id"] = "hold"
    crm_snapshot: Literal["never", "first_run", "always"] = "first_run"
    crm_edits: EditRule | CrmEdits = Field(
        "keep",
        description="A field that somebody edits in the CRM: `keep`, it stays until the warehouse "
        "changes that field; `overwrite`, it is put back; `hold`, the contact is held once both "
        "have changed it. Or a rule a field: `{default: keep, fields: {phone: overwrite}}`.",
    )
    deleted_in_crm: Literal["hold", "recreate"] = Field(
        "hold", description="What becomes of a contact that somebody deleted in the CRM."
    )
    clear: tuple[str, ...] = Field((), description="API fields sent as null where they are empty.")

    @field_validator("clear")
    @classmethod
    def _clearable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for field in value:
            if field not in FIELD_COLUMNS:
                raise ValueError(f"'{field}' is no field of a contact")
            if field in NOT_NULLABLE or field in {"email", "phone", "dnd"}:
                raise ValueError(f"'{field}' can't be cleared")
        return value


class Validation(Section):
    """How strict the judgement of a field is."""

    phones: Literal["valid", "possible"] = "valid"
    placeholder_emails: Literal["reject", "warn"] = Field(
        "warn", description="Such an address is never sent; 'reject' refuses its whole row."
    )
    role_emails: Literal["reject", "warn", "accept"] = "warn"
    full_names: Literal["keep", "split"] = Field(
        "keep", description="Where a row has only a full name: send it whole, or in two parts."
    )


class Proof(Section):
    """How much of what a push wrote is read back from the CRM."""

    sample: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0,
        description="Contacts a location and run, or 'all'; a run that writes none reads none.",
    )
