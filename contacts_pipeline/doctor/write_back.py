"""The tables of outcomes in the warehouse: whether they may be written, tried and undone."""

from collections.abc import Iterator

from contacts_pipeline.finding import Finding
from contacts_pipeline.warehouse import open_writer
from contacts_pipeline.workspace import Workspace
from contacts_pipeline.write_back import TABLES


def examine(workspace: Workspace) -> Iterator[Finding]:
    """A delete and an insert of nothing in each table; nothing where there is no write_back."""
    if workspace.settings.write_back is None:
        return
    with open_writer(workspace.settings) as writer:
        missing = writer.rehearse(TABLES)
    told = "every table may be written"
    if missing:
        told = f"may be written; the first push makes {', '.join(missing)}"
    yield Finding("ok", "write_back_possible", f"write_back {writer.place}", told)
