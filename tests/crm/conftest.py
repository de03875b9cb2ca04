"""A CRM of two locations and a company's app."""

from collections.abc import Iterator

import pytest

from contacts_pipeline.sandbox import (
    RunningSandbox,
    SandboxCompany,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.crm.asking import COMPANY_TOKEN, TOKEN


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    options = SandboxOptions(
        locations=(
            SandboxLocation(id="acme", tokens=(TOKEN,)),
            SandboxLocation(id="other", tokens=("pit-other",)),
        ),
        companies=(SandboxCompany(tokens=(COMPANY_TOKEN,)),),
        token_scopes={"pit-other": ("contacts.readonly",)},
    )
    with running_sandbox(options) as sandbox:
        yield sandbox
