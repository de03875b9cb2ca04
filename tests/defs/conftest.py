from collections.abc import Iterator

import dagster as dg
import pytest

from tests.defs.webhook import webhook
from tests.projects import Project

__all__ = ["webhook"]


@pytest.fixture
def instance(project: Project) -> Iterator[dg.DagsterInstance]:
    """A real instance on disk, where the command line would find it too."""
    assert project.folder.exists()
    with dg.DagsterInstance.get() as found:
        yield found
