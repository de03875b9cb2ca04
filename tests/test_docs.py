"""What the documents tell people to type is there: commands, options, settings, sensors, files."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import dagster as dg
import pytest
import yaml
from pydantic import BaseModel

from contacts_pipeline.cli import main
from contacts_pipeline.defs import build_definitions
from contacts_pipeline.settings import Settings
from tests.projects import SETTINGS, Project, people

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"contacts-pipeline ([a-z]+)((?: +(?:--?[a-z]+|[A-Za-z0-9/._-]+))*)")


def words(page: Path) -> list[tuple[str, list[str]]]:
    """Every command in a block of shell, with its options."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
    return [
        (found[1], re.findall(r"--[a-z]+", found[2]))
        for line in lines
        for found in COMMAND.finditer(line)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_and_option_exists(page: Path) -> None:
    for name, options in words(page):
        assert name in main.commands, name
        known = {option for one in main.commands[name].params for option in one.opts}
        assert set(options) <= known, (name, options)


def test_commands_are_found_in_the_documents() -> None:
    named = {name for page in PAGES for name, _ in words(page)}
    assert {"demo", "doctor", "plan", "push", "outcomes", "sandbox"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_settings_is_valid(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        example = yaml.safe_load(block)
        if example.keys() <= Settings.model_fields.keys():
            tracked = yaml.safe_load((ROOT / "contacts.yaml").read_text(encoding="utf-8"))
            tracked["crm"] = {"base_url": "http://localhost:1"}
            Settings.model_validate(tracked | example)


def prose(page: Path) -> list[str]:
    """What stands in backticks amid the text."""
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    return re.findall(r"`([^`\n]+)`", text)


def named_settings(page: Path) -> list[tuple[list[str], str]]:
    """Keys such as ``policy.tags``, with the value where one stands beside it."""
    key = re.compile(rf"((?:{'|'.join(Settings.model_fields)})(?:\.\w+)+)(?:: (.+))?")
    found = [key.fullmatch(code) for code in prose(page) if code != "contacts.yaml"]
    return [(one[1].split("."), one[2] or "") for one in found if one]


def models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections that a key may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_of(part)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_the_text_names_exists(page: Path) -> None:
    """Those that stand alone, or behind a command of ours."""
    commands = [main, *main.commands.values()]
    options = {option for one in commands for item in one.params for option in item.opts}
    ours = re.compile(rf"(?:contacts-pipeline )?(?:(?:{'|'.join(main.commands)}) )?-.*")
    for code in filter(ours.fullmatch, prose(page)):
        assert set(re.findall(r"--[a-z][a-z-]*", code)) <= options | {"--help"}, code


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_the_text_names_exists(page: Path) -> None:
    for keys, value in named_settings(page):
        sections: list[type[BaseModel]] = [Settings]
        for key in keys:
            holding = [one for one in sections if key in one.model_fields]
            assert holding or not sections, keys
            fields = [one.model_fields[key] for one in holding]
            sections = [model for field in fields for model in models_of(field.annotation)]
        if value:
            section = keys[0]
            given = yaml.safe_load((ROOT / "contacts.yaml").read_text(encoding="utf-8"))
            given["crm"] = {"base_url": "http://localhost:1"}
            given[section] = given.get(section, {}) | {keys[1]: yaml.safe_load(value)}
            Settings.model_validate(given)


def test_settings_are_found_in_the_text() -> None:
    named = {".".join(keys) for page in PAGES for keys, _ in named_settings(page)}
    assert {"policy.tags", "checks.stale_hours", "warehouse.timeout_seconds"} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_checks_of_the_document_are_those_there_are(project: Project) -> None:
    project.write(people("acme", 1))
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    table = text.partition("\n## Checks\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| `")]
    named = {
        (asset, check)
        for checks, assets in rows
        for check in re.findall(r"`(\w+)`", checks)
        for asset in re.findall(r"`(\w+)`", assets)
    }
    keys = build_definitions().resolve_asset_graph().asset_check_keys
    there = {(key.asset_key.to_user_string(), key.name) for key in keys}
    assert {check for _, check in named} == {check for _, check in there}
    assert there <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_asset_that_dg_launches_exists(page: Path, project: Project) -> None:
    project.write(people("acme", 1))
    keys = build_definitions().resolve_all_asset_keys()
    there = {key.to_user_string() for key in keys}
    for names in re.findall(r"dg launch --assets (\S+)", page.read_text(encoding="utf-8")):
        assert set(names.split(",")) <= there, names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_is_read_by_something(page: Path) -> None:
    code = [*(ROOT / "contacts_pipeline").rglob("*.py"), *(ROOT / "deploy").rglob("*.yaml")]
    read = "\n".join(path.read_text(encoding="utf-8") for path in code)
    variables = re.findall(r"\bCONTACTS_[A-Z_]+\b", page.read_text(encoding="utf-8"))
    assert [name for name in variables if name not in read] == []


def test_schedule_and_sensors_bear_the_names_of_the_document(project: Project) -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| (?:schedule|sensor) \| `(\w+)` \|", text, re.MULTILINE))
    project.write(people("acme", 1), SETTINGS + "automation: {refresh: '0 6 * * *'}\n")
    repository = build_definitions().get_repository_def()
    there = {one.name for one in repository.schedule_defs}
    there |= {one.name for one in repository.sensor_defs}
    assert named == there
    running = {one.name for one in repository.sensor_defs if _runs(one)}
    assert running == {"locations"}
    project.write(people("acme", 1))
    assert not [one for one in build_definitions().get_repository_def().sensor_defs if _runs(one)]


def test_a_cron_line_that_cannot_be_meant_is_told_when_the_code_is_loaded(
    project: Project,
) -> None:
    project.write(people("acme", 1), SETTINGS + "automation: {refresh: hourly}\n")
    with pytest.raises(Exception, match=r"automation\.refresh: 'hourly' is no cron line"):
        build_definitions()


def _runs(sensor: dg.SensorDefinition) -> bool:
    return sensor.default_status == dg.DefaultSensorStatus.RUNNING
