"""The fixture ``crm_sandbox``, for whoever tests a sync against this CRM.

Registered as a pytest plugin; the fixture is a factory, and each server that it starts
belongs to one test::

    def test_my_sync(crm_sandbox):
        crm = crm_sandbox(SandboxLocation(id="acme", match="phone,email"))
        my_sync(crm.url, crm.token)
        assert len(crm.contacts("acme")) == 3
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)

StartSandbox = Callable[..., RunningSandbox]


@pytest.fixture
def crm_sandbox() -> Iterator[StartSandbox]:
    """Start a sandbox: ``crm_sandbox(*locations, **options)``, as many as the test needs.

    ``options`` are those of ``SandboxOptions``; without locations there is one, ``sandbox``.
    """
    with ExitStack() as running:

        def start(*locations: SandboxLocation | str, **options: object) -> RunningSandbox:
            named = [
                SandboxLocation(id=location) if isinstance(location, str) else location
                for location in locations
            ]
            given = {**options, **({"locations": tuple(named)} if named else {})}
            return running.enter_context(running_sandbox(SandboxOptions.model_validate(given)))

        yield start
