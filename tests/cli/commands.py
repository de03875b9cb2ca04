"""The command line as somebody types it, in this process."""

import json
from typing import Any

from click.testing import CliRunner, Result

from contacts_pipeline.cli import main
from tests.projects import Project


def run(project: Project, *words: str) -> Result:
    options = ("--config", str(project.config), "--data", str(project.data))
    return CliRunner().invoke(main, [*options, *words])


def document(result: Result) -> Any:
    assert result.stdout, (result.stderr, result.exception)
    return json.loads(result.stdout)
