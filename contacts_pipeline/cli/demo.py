"""``demo``: the main job on this machine, with a sandbox for a CRM that it starts itself."""

import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from contacts_pipeline.cli.pipeline import Document, push
from contacts_pipeline.cli.show import say
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from contacts_pipeline.settings import Location
from contacts_pipeline.warehouse import read_locations
from contacts_pipeline.workspace import Workspace

NEXT = """
Next:
  uv run contacts-pipeline demo       again: nothing has changed, so nothing is sent
  uv run dagster dev                  the runs, the lineage and the numbers: http://127.0.0.1:3000
  uv run contacts-pipeline sandbox --state data/sandbox.sqlite
                                      the CRM with its contacts: http://127.0.0.1:8484"""


def run_demo(port: int, *, quiet: bool) -> Document:
    """Push the sample warehouse to a sandbox whose contacts are kept in the data folder."""
    os.environ["CRM_BASE_URL"] = f"http://127.0.0.1:{port}"
    os.environ.setdefault("CRM_TOKEN", DEFAULT_TOKEN)
    workspace = Workspace.from_environment()
    with _demo_crm(workspace, port) as url:
        if not quiet:
            say(f"a CRM on this machine, for as long as the demo runs: {url}")
        return push(workspace, (), force=False, quiet=quiet)


def sandbox_locations(workspace: Workspace) -> Sequence[SandboxLocation]:
    """The registry as the sandbox takes it: same ids, duplicate rules, limits and tokens."""
    fields = tuple(SandboxCustomField(key=key) for key in workspace.settings.contacts.custom_fields)
    return [
        SandboxLocation(
            id=location.id,
            name=location.name or location.id,
            match=location.match,
            country=location.country or "US",
            tokens=tuple({_token(workspace, location), DEFAULT_TOKEN}),
            burst_limit=location.burst_limit,
            interval_ms=location.interval_ms,
            daily_limit=location.daily_limit,
            custom_fields=fields,
        )
        for location in read_locations(workspace.settings, workspace.scratch)
    ]


@contextmanager
def _demo_crm(workspace: Workspace, port: int) -> Iterator[str]:
    options = SandboxOptions(
        locations=tuple(sandbox_locations(workspace)),
        state_file=workspace.data / "sandbox.sqlite",
    )
    try:
        with running_sandbox(options, port) as sandbox:
            yield sandbox.url
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise SettingsError(
            f"port {port} is taken; stop what runs there, a sandbox perhaps, or give --port"
        ) from None


def _token(workspace: Workspace, location: Location) -> str:
    return workspace.environ.get(workspace.token_env(location), "").strip() or DEFAULT_TOKEN
