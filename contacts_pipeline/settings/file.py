"""Reads ``contacts.yaml``: variables filled in, and every error with its line."""

import os
import re
from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError
from yaml.constructor import ConstructorError, SafeConstructor

from contacts_pipeline.errors import SettingsError
from contacts_pipeline.settings.password import VARIABLE, holds_password
from contacts_pipeline.settings.settings import Settings

_Path = tuple[str | int, ...]
_IN_C = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""A thousand locations take the parser in Python seconds; some builds have no other.

The two take the same documents, but for tabs after a colon, which only this one allows.
"""

_NO_TEXT: dict[type, str] = {
    bool: "yes or no",
    int: "a number",
    float: "a number",
    date: "a date",
    datetime: "a time",
}


def load_settings(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Args:
        path: The YAML file; its folder is where relative paths start.
        environ: Variables for ``${VAR}``; by default ``.env`` beside the file, then the process's.

    Raises:
        SettingsError: names the file, the line, the key and what was meant.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(
            f"{path}: {(error.strerror or 'unreadable').lower()}; "
            "name the settings with --config PATH or CONTACTS_CONFIG"
        ) from None
    except UnicodeDecodeError:
        raise _no_utf8(path) from None
    try:
        node, document = _parsed(text)
        lines = dict(_lines(node))
    except yaml.YAMLError as error:
        raise SettingsError(
            f"{path}{_yaml_place(error)}: not valid YAML: {_problem(error)}"
        ) from None
    except RecursionError:
        raise SettingsError(f"{path}: an alias stands within its anchor; write it out") from None
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: empty; start from the contacts.yaml of this project")
    _refuse_password(document, path, lines)
    variables = environment(path.parent) if environ is None else environ
    filled = _fill(document, variables, path, lines, ())
    try:
        settings = Settings.model_validate(filled).in_folder(path.parent.resolve())
    except ValidationError as error:
        raise SettingsError(_explain(error, path, lines)) from None
    if settings.reads_the_sample and not settings.crm.is_loopback:
        raise SettingsError(
            f"{path}: crm.base_url: the invented people of data/sample go to a CRM on this machine "
            "only; set warehouse.url to your own warehouse first"
        )
    return settings


def _parsed(text: str) -> tuple[yaml.Node | None, Any]:
    """The nodes, which know their lines, and what they say."""
    try:
        return _parsed_by(_IN_C, text)
    except yaml.YAMLError:
        return _parsed_by(yaml.SafeLoader, text)  # tells better where the error is


def _parsed_by(loader_class: Any, text: str) -> tuple[yaml.Node | None, Any]:
    loader = loader_class(text)
    try:
        node = loader.get_single_node()
        _refuse_repeated(node)
        return node, None if node is None else _Constructor().construct_document(node)
    finally:
        loader.dispose()


def _refuse_repeated(node: yaml.Node | None) -> None:
    """YAML wants each key once; PyYAML takes the last, and throws away what the others say."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated(value)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[tuple[str, str], int] = {}
        for key, value in node.value:
            name = (key.tag, str(key.value))
            if name in lines:
                told = f"'{key.value}' stands there twice, first in line {lines[name]}; keep one"
                raise ConstructorError(problem=told, problem_mark=key.start_mark)
            lines[name] = key.start_mark.line + 1
            _refuse_repeated(value)


class _Constructor(SafeConstructor):
    """Tells the line of what is written like a number or a date and is none."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's own
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError):
            told = "what is written like a number or a date is none; put it in quotes"
            raise ConstructorError(problem=told, problem_mark=node.start_mark) from None


def environment(folder: Path) -> dict[str, str]:
    """The process's environment over the ``.env`` file in ``folder``."""
    path = folder / ".env"
    try:
        stored = dotenv_values(path)
    except UnicodeDecodeError:
        raise _no_utf8(path) from None
    return {name: value for name, value in stored.items() if value is not None} | dict(os.environ)


def _no_utf8(path: Path) -> SettingsError:
    return SettingsError(f"{path}: not written in UTF-8; save it as UTF-8")


def _lines(node: yaml.Node | None, path: _Path = ()) -> list[tuple[_Path, int]]:
    """Every path of the document with its line, counted from 1."""
    if node is None:
        return []
    found = [(path, node.start_mark.line + 1)]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*path, str(key.value))
            found += _lines(value, inner)
            found.append((inner, key.start_mark.line + 1))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            found += _lines(value, (*path, index))
    return found


def _refuse_password(document: dict[Any, Any], file: Path, lines: dict[_Path, int]) -> None:
    for name in ("warehouse", "write_back"):
        section = document.get(name)
        url = section.get("url") if isinstance(section, dict) else None
        if isinstance(url, str) and holds_password(url):
            raise SettingsError(
                f"{file}, line {_line(lines, (name, 'url'))}: {name}.url: a password stands in "
                "the file; export it or put it in .env, and write ${VAR} in its place"
            )


def _fill(
    value: Any, variables: Mapping[str, str], file: Path, lines: dict[_Path, int], path: _Path
) -> Any:
    if isinstance(value, dict):
        return {k: _fill(v, variables, file, lines, (*path, str(k))) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, variables, file, lines, (*path, i)) for i, v in enumerate(value)]
    if not isinstance(value, str):
        return value

    def substitute(match: re.Match[str]) -> str:
        found = variables.get(match["name"]) or match["default"]
        if found is None:
            where = f"{file}, line {_line(lines, path)}: {_dotted(path)}"
            raise SettingsError(f"{where}: {match['name']} is not set; export it or put it in .env")
        return found

    return VARIABLE.sub(substitute, value)


def _explain(error: ValidationError, file: Path, lines: dict[_Path, int]) -> str:
    # A union reports every branch that failed; the deepest is the one that was meant.
    first = max(error.errors(), key=lambda e: len(e["loc"]))
    path = tuple(part for part in first["loc"] if not _is_branch(part))
    where = f"{file}, line {_line(lines, path)}: {_dotted(path)}"
    if first["type"] == "extra_forbidden":
        unknown = str(path[-1])
        guesses = get_close_matches(unknown, _keys_at(path[:-1]), n=1)
        hint = f"; did you mean '{guesses[0]}'?" if guesses else ""
        return f"{where}: there is no such key{hint}"
    if first["type"] == "missing":
        return f"{where}: is missing"
    if first["type"] == "string_type" and (kind := _NO_TEXT.get(type(first["input"]))):
        return f"{where}: YAML takes it for {kind}; put it in quotes"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def _is_branch(part: str | int) -> bool:
    return isinstance(part, str) and (part == "LocationTable" or part.startswith("tuple["))


def _line(lines: dict[_Path, int], path: _Path) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _dotted(path: _Path) -> str:
    return ".".join(str(part) for part in path) or "the document"


def _keys_at(path: _Path) -> list[str]:
    model: Any = Settings
    for part in path:
        field = getattr(model, "model_fields", {}).get(part)
        model = field.annotation if field else None
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


def _yaml_place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _problem(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or "unreadable")
