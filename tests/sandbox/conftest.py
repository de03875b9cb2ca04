"""A sandbox with one location, for tests that need no more."""

import pytest

from contacts_pipeline.sandbox import RunningSandbox
from contacts_pipeline.sandbox.pytest import StartSandbox


@pytest.fixture
def crm(crm_sandbox: StartSandbox) -> RunningSandbox:
    return crm_sandbox("acme")
