"""What every section of ``contacts.yaml`` is made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Expression = Annotated[str, Field(min_length=1)]
"""A column, or an SQL expression of the warehouse."""


class Section(BaseModel):
    """A part of the file: unknown keys are errors, values don't change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
