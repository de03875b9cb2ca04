"""``docs/sandbox.md`` says what the code does: rules, switches, faults, endpoints."""

import ast
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from contacts_pipeline.sandbox import FaultKind, SandboxLocation, SandboxOptions, SandboxRules
from contacts_pipeline.sandbox.catalogue import OPERATIONS
from contacts_pipeline.sandbox.rules import RULES, Certainty

HERE = Path(__file__).parent
DOCS = (HERE.parent.parent / "docs" / "sandbox.md").read_text()
MODELS: dict[str, type[BaseModel]] = {
    "": SandboxRules,
    "SandboxOptions": SandboxOptions,
    "SandboxLocation": SandboxLocation,
}


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = DOCS.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def test_every_rule_stands_in_the_table() -> None:
    expected = [
        [
            rule.name,
            rule.says,
            rule.certainty.value,
            rule.source,
            f"`{rule.switch}`" if rule.switch else "",
            f"`{rule.test}`",
        ]
        for rule in RULES
    ]
    assert table("Rules") == expected


def test_every_rule_names_a_test_that_exists() -> None:
    written = {
        node.name
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert {rule.test for rule in RULES} <= written


def test_every_switch_belongs_to_a_rule_and_unknown_rules_have_one() -> None:
    named = {rule.switch for rule in RULES if rule.switch}
    for switch in named:
        owner, _, field = switch.rpartition(".")
        assert field in MODELS[owner].model_fields
    assert set(SandboxRules.model_fields) <= named
    assert not [
        rule.name for rule in RULES if rule.certainty is Certainty.UNKNOWN and not rule.switch
    ]


@pytest.mark.parametrize("name", SandboxRules.model_fields)
def test_switches_are_shown_with_their_values(name: str) -> None:
    (row,) = [row for row in table("Switches") if row[0] == f"`{name}`"]
    default = SandboxRules.model_fields[name].default
    assert row[1] == f"`{str(default).lower() if isinstance(default, bool) else default}`"


def test_every_endpoint_and_fault_is_shown() -> None:
    shown = {row[0].strip("`") for row in table("Endpoints")}
    served = {f"{one.method} {one.path}" for one in OPERATIONS}
    assert served <= shown | {"POST /contacts", "GET /users"}
    kinds = {kind for row in table("Faults") for kind in re.findall(r"`([\w]+)`", row[0])}
    assert kinds == {kind.value for kind in FaultKind}


def test_it_shares_no_code_with_the_client() -> None:
    package = HERE.parent.parent / "contacts_pipeline" / "sandbox"
    imported = {
        node.module or ""
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
    }
    ours = {name for name in imported if name.startswith("contacts_pipeline")}
    assert all(name.startswith("contacts_pipeline.sandbox") for name in ours)
