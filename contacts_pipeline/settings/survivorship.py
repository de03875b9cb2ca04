"""The section ``survivorship``: whose value a person keeps where their rows differ.

Every rule is a total order over the rows that have a value, so that a rerun chooses the same.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contacts_pipeline.settings.section import Expression, Section

SurvivorRule = Literal["newest", "most_frequent", "source_priority", "longest"]

SURVIVE_TOGETHER: dict[str, tuple[str, ...]] = {
    "name": ("firstName", "lastName", "name"),
    "address": ("address1", "city", "state", "postalCode", "country"),
}
"""Fields of one row that make no sense beside those of another."""


class SourcePriority(Section):
    """Which of several sources of rows is believed first."""

    column: Expression = Field(description="Column or SQL expression that names a row's source.")
    order: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        min_length=1, description="Sources, the best first, in any case; all others come last."
    )


class SurvivingFields(Section):
    """Field to rule; ``name`` and ``address`` are groups that survive from one row."""

    name: SurvivorRule | None = Field(None, description="firstName, lastName and name together.")
    address: SurvivorRule | None = Field(
        None, description="address1, city, state, postalCode and country together."
    )
    email: SurvivorRule | None = Field(
        None, description="Of the email; left out, the default rule."
    )
    phone: SurvivorRule | None = Field(
        None, description="Of the phone; left out, the default rule."
    )
    website: SurvivorRule | None = Field(
        None, description="Of the website; left out, the default rule."
    )
    timezone: SurvivorRule | None = Field(
        None, description="Of the time zone; left out, the default rule."
    )
    source: SurvivorRule | None = Field(
        None, description="Of the source; left out, the default rule."
    )
    dateOfBirth: SurvivorRule | None = Field(  # noqa: N815
        None, description="Of the date of birth; left out, the default rule."
    )
    companyName: SurvivorRule | None = Field(  # noqa: N815
        None, description="Of the company; left out, the default rule."
    )
    assignedTo: SurvivorRule | None = Field(  # noqa: N815
        None, description="Of the user who has the contact; left out, the default rule."
    )
    gender: SurvivorRule | None = Field(
        None, description="Of the gender; left out, the default rule."
    )

    @model_validator(mode="before")
    @classmethod
    def _whole_groups(cls, value: object) -> object:
        for field in value if isinstance(value, dict) else ():
            for group, members in SURVIVE_TOGETHER.items():
                if field in members and field != group:
                    raise ValueError(f"'{field}' survives with its group; write '{group}'")
            if field in {"dnd", "dndSettings", "inboundDndSettings", "tags"}:
                raise ValueError(f"'{field}' has a rule of its own: the strictest, or the union")
        return value


class Survivorship(Section):
    """Whose value a person keeps where their rows differ."""

    default: SurvivorRule = Field(
        "newest",
        description="For the fields that `fields` does not name: the newest row's value, "
        "the one that most rows have, that of the source believed first, or the "
        "longest.",
    )
    fields: SurvivingFields = SurvivingFields()
    custom_fields: dict[str, SurvivorRule] = Field(
        default_factory=dict, description="Custom field key to rule."
    )
    source_priority: SourcePriority | None = None

    @model_validator(mode="after")
    def _sources_are_ordered(self) -> Self:
        used = "source_priority" in {
            self.default, *self.rules.values(), *self.custom_fields.values()
        }  # fmt: skip
        if used and self.source_priority is None:
            raise ValueError("the rule 'source_priority' needs 'source_priority: {column, order}'")
        if self.source_priority is not None and not used:
            raise ValueError("no field survives by 'source_priority'; name one, or make it default")
        return self

    @property
    def rules(self) -> dict[str, SurvivorRule]:
        """Rule of every field and group, by the name that the settings give it."""
        chosen = self.fields.model_dump()
        return {field: rule or self.default for field, rule in chosen.items()}
