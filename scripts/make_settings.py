"""Writes docs/settings.md: every key of ``contacts.yaml``, from the models that read it."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from contacts_pipeline.settings import Location, Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
_HEAD = """\
# Settings

Every key of `contacts.yaml`, generated from the models that read it (`uv run just generate`).
`${VAR}` and `${VAR:-default}` come from the environment or from `.env` beside the file. A secret is
the name of a variable, never a value. An unknown key is an error that names its line.
A key without a default is required.
"""
_ABOUT = {
    "locations": """
A list of locations may stand here instead, each with the keys of [a location](#a-location):
`locations: [{id: berlin, country: DE}, {id: london, country: GB}]`.""",
}
"""What a section's model does not say of the section."""

_VARIABLES = """
## Environment

| variable | means |
|---|---|
| `CONTACTS_CONFIG` | the settings file, by default `contacts.yaml` |
| `CONTACTS_DATA` | the folder that runs write to, by default `data` |
| `CONTACTS_LEDGER_URL` | SQLAlchemy URL of a shared ledger; else SQLite in the data folder |
| `CONTACTS_LOCATIONS_PER_RUN` | how many locations share a run, 100; `all` for a range by `dg` |
| `CONTACTS_MEMORY_LIMIT` | how much memory DuckDB may take (`4GiB`); more spills to disk |
| `DAGSTER_HOME` | the folder of `dagster.yaml`; unset, the one of the data folder |
"""


def settings_page() -> str:
    """The page as the tracked file holds it."""
    sections = [(name, _model(field.annotation)) for name, field in Settings.model_fields.items()]
    parts = [_section(name, model) for name, model in sections if model]
    location = _section("a location", Location)
    return _HEAD + "".join(parts) + location + _VARIABLES


def _section(name: str, model: type[BaseModel]) -> str:
    rows = "".join(_rows(model, ""))
    about = _first_line(model) + _ABOUT.get(name, "")
    return f"\n## {name}\n\n{about}\n\n| key | default | means |\n|---|---|---|\n{rows}"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        inner = _model(field.annotation)
        key = prefix + (field.alias or name)
        rows.append(f"| `{key}` | {_default(field)} | {_meaning(field)} |\n")
        if inner:
            rows += _rows(inner, f"{key}.")
    return rows


def _meaning(field: FieldInfo) -> str:
    choices = _choices(field.annotation)
    inner = _model(field.annotation)
    told = field.description or (_first_line(inner) if inner else "")
    if any(f"`{choice}`" not in told for choice in choices):
        told = f"{', '.join(f'`{choice}`' for choice in choices)}. {told}"
    return told.strip().replace("|", "\\|")


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None or isinstance(field.default, BaseModel):
        return "empty"
    if field.default is PydanticUndefined:
        return ""
    if field.default is None or field.default == ():
        return "none"
    value = str(field.default).lower() if isinstance(field.default, bool) else field.default
    return f"`{value}`"


def _choices(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(str(value) for value in get_args(annotation))
    return ()


def _model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, types.UnionType, Annotated}:
        found = (_model(part) for part in get_args(annotation))
        return next((model for model in found if model), None)
    return None


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    PAGE.write_text(settings_page(), encoding="utf-8")
