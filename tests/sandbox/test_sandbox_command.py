"""The command: what it prints, what it refuses, how it stops."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from contacts_pipeline.sandbox.command import build_command, single_location


@contextmanager
def started(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str, str]]:
    """The command in a process, with its URL and what it printed."""
    command = [sys.executable, "-m", "contacts_pipeline.sandbox", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        found = re.search(r"http://127\.0\.0\.1:\d+", printed)
        assert found is not None
        try:
            yield process, found.group(), printed
        finally:
            process.kill()


def asked(url: str) -> object:
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)


def test_prints_url_page_and_token_and_stops_on_ctrl_c() -> None:
    with started("--location", "acme:phone,email", "--location", "beta") as (process, url, printed):
        assert f"{url}/\n" in printed
        assert "pit-sandbox  (acme, beta)" in printed
        state = asked(f"{url}/_sandbox/state")
        assert state == {"locations": {"acme": {"contacts": []}, "beta": {"contacts": []}}}
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert rest == "stopped\n"
    assert process.returncode == 0


def test_faults_limits_and_rules_come_from_flags(tmp_path: Path) -> None:
    script = tmp_path / "script.txt"
    script.write_text("503\nnone\nreset-after\n")
    with started(
        "--fault", "503-after=0.5", "--fault-script", str(script), "--seed", "3",
        "--burst-limit", "7", "--rule", "null=ignored", "--state", str(tmp_path / "crm.sqlite"),
    ) as (_, url, _):  # fmt: skip
        faults = asked(f"{url}/_sandbox/faults")
    assert isinstance(faults, dict)
    assert faults["seed"] == 3
    assert faults["faults"][0]["rate"] == 0.5
    assert [entry and entry["kind"] for entry in faults["script"]] == ["503", None, "reset"]
    assert (tmp_path / "crm.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "give --expose twice"),
        (["--host", "0.0.0.0", "--expose"], "give --expose twice"),
        (["--host", "crm.example.com"], "give --expose twice"),
        (["--fault", "999"], "--fault"),
        (["--rule", "null"], "NAME=VALUE"),
        (["--rule", "null=maybe"], "'clears' or 'ignored'"),
        (["--location", "a", "--location", "a"], "given twice"),
        (["--location", "a:fax"], "email,phone"),
        (["--daily-limit", "0"], "greater than 0"),
    ],
)
def test_refuses_what_it_can_not_mean(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(build_command(single_location), arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_taken_port_is_told_with_the_remedy() -> None:
    with started() as (_, url, _):
        port = url.rpartition(":")[2]
        result = CliRunner().invoke(build_command(single_location), ["--port", port])
    assert result.exit_code == 1
    assert "choose another with --port" in result.output
