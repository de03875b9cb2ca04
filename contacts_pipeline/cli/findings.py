"""``doctor``: a line a finding, as it is found, and how to mend what is wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from contacts_pipeline import doctor
from contacts_pipeline.cli.console import open_console
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.finding import Finding, unusable
from contacts_pipeline.workspace import Workspace

_STYLES = {"ok": "green", "warning": "yellow", "error": "red"}
_INDENT = "         "


def run_doctor(config: Path, data: Path, *, quiet: bool) -> dict[str, Any]:
    """Examine the project; returns the document of ``doctor --json``."""
    findings = list(_shown(_all(config, data), quiet=quiet))
    counts = Counter(finding.level for finding in findings)
    return {
        "findings": [asdict(finding) for finding in findings],
        **{level: counts[level] for level in ("ok", "warning", "error")},
    }


def exit_code(document: dict[str, Any]) -> int:
    """2 where the settings are wrong, else 1 where a location or this machine is."""
    wrong = [one for one in document["findings"] if one["level"] == "error"]
    return 2 if any(one["in_settings"] for one in wrong) else int(bool(wrong))


def _all(config: Path, data: Path) -> Iterable[Finding]:
    try:
        workspace = Workspace.open(config, data)
    except SettingsError as error:
        where, _, told = str(error).partition(": ")
        file, _, _ = where.partition(", line ")
        remedy = f"mend {file}; all else waits for it"
        yield Finding("error", error.code, where, told, remedy, in_settings=True)
        return
    except OSError as error:
        yield unusable(error)
        return
    yield from doctor.examine(workspace)


def _shown(findings: Iterable[Finding], *, quiet: bool) -> Iterable[Finding]:
    console = open_console()
    for finding in findings:
        if not quiet:
            line = Text.assemble(
                (f"{finding.level:<7}", _STYLES[finding.level]),
                "  ",
                (finding.subject, "bold"),
                f": {finding.told}",
            )
            lines = line.wrap(console, console.width - len(_INDENT))
            for number, one in enumerate(lines):
                console.print(Text(_INDENT if number else "").append(one), soft_wrap=True)
            if finding.remedy:
                remedy = Text(f"→ {finding.remedy}", style="dim")
                for one in remedy.wrap(console, console.width - len(_INDENT)):
                    console.print(Text(_INDENT).append(one), soft_wrap=True)
        yield finding
