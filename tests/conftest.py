import os
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.postgres import postgres_server, postgres_url
from tests.projects import Project, make_project

__all__ = ["postgres_server", "postgres_url"]
pytest.register_assert_rewrite(
    "tests.crm.asking", "tests.push.chaos", "tests.push.evidence", "tests.push.project"
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return make_project(tmp_path, monkeypatch)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="A test that is skipped has failed.")


def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: where a test waits for the clock of a rate limit, another may run."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and nothing may be: {call.excinfo}"
    return report
