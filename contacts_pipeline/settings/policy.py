"""``policy``, ``validation`` and ``proof`` in ``contacts.yaml``."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from contacts_pipeline.contact import FIELD_COLUMNS, NOT_NULLABLE
from contacts_pipeline.settings.edits import CrmEdits, EditRule
from contacts_pipeline.settings.section import Section


class Policy(Section):
    """What may be done to contacts that the CRM already holds."""

    tags: Literal["add", "overwrite", "skip"] = Field(
        "add",
        description="`add`: tags that people set stay; `overwrite`: they give way to the "
        "warehouse's; `skip`: none are sent.",
    )
    dnd: Literal["set_only", "follow"] = Field(
        "set_only",
        description="`set_only`: a block is set and never lifted; `follow`: a 'no' of the "
        "warehouse lifts it, too.",
    )
    shared: Literal["withhold", "merge", "hold"] = Field(
        "withhold",
        description="A phone of several people: `withhold`, one owner gets it and the others are "
        "sent without; `merge`, they are one person; `hold`, all of them are held.",
    )
    changed_email: Literal["hold", "create", "update_by_id"] = Field(
        "hold",
        description="Email or phone changed so that an upsert would miss the contact: "
        "`hold` it; `create` a second contact; `update_by_id`, the contact "
        "itself gets the new value.",
    )
    crm_snapshot: Literal["never", "first_run", "always"] = Field(
        "first_run",
        description="When a plan reads the location's contacts from the CRM: `never`, it "
        "knows those in the ledger alone; `first_run`, before the location's "
        "first push; `always`, before each plan.",
    )
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

    phones: Literal["valid", "possible"] = Field(
        "valid",
        description="`valid`: the number is one of its country's plan; `possible`: its "
        "length is enough.",
    )
    placeholder_emails: Literal["reject", "warn"] = Field(
        "warn", description="Such an address is never sent; 'reject' refuses its whole row."
    )
    role_emails: Literal["reject", "warn", "accept"] = Field(
        "warn",
        description="Mailboxes of a function, such as info@: `reject` refuses the row, "
        "`warn` sends it with a warning, `accept` says nothing.",
    )
    full_names: Literal["keep", "split"] = Field(
        "keep", description="Where a row has only a full name: send it whole, or in two parts."
    )


class Proof(Section):
    """How much of what a push wrote is read back from the CRM."""

    sample: Annotated[int, Field(ge=0)] | Literal["all"] = Field(
        0,
        description="Contacts a location and run, or 'all'; a run that writes none reads none.",
    )
