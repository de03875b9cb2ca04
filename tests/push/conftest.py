"""A sandbox whose limits don't matter, and a project that pushes to it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline.sandbox import RunningSandbox, running_sandbox
from tests.edge import Edge, running_edge
from tests.push.project import Project, wide

MakeProject = Callable[..., Project]


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    with running_sandbox(wide("acme", "bolt")) as sandbox:
        yield sandbox


@pytest.fixture
def edge(crm: RunningSandbox) -> Iterator[Edge]:
    """An edge in front of ``crm``."""
    with running_edge(crm.url) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, crm: RunningSandbox) -> MakeProject:
    """``project(rows, **settings)``: laid down and ready to push to ``crm``."""

    def make(rows: list[dict[str, str]], **settings: Any) -> Project:
        return Project(tmp_path, crm.url, **settings).write(rows)

    return make


@pytest.fixture
def unused_url() -> Iterator[str]:
    """An address of this machine where nobody listens, for as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
