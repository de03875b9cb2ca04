from collections.abc import Iterator

import dagster as dg
import pytest

from tests.defs.webhook import webhook
from tests.projects import Project

__all__ = ["webhook"]


@pytest.fixture
def instance(project: Project) -> Iterator[dg.DagsterInstance]:
    """In memory: nobody else has to find it."""
    assert project.folder.exists()
    with dg.DagsterInstance.ephemeral() as found:
        yield found


@pytest.fixture
def instance_on_disk(project: Project) -> Iterator[dg.DagsterInstance]:
    """Where the command line would find it too."""
    assert project.folder.exists()
    with dg.DagsterInstance.get() as found:
        yield found
