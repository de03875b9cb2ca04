"""All examinations of a project, one after the other; what one can't find out is a finding too."""

from collections.abc import Callable, Iterable, Iterator

from contacts_pipeline import warehouse
from contacts_pipeline.doctor import alerts, crm, machine, records, write_back
from contacts_pipeline.errors import PipelineError, SettingsError, WarehouseError
from contacts_pipeline.finding import Finding, unusable
from contacts_pipeline.workspace import Workspace

Examination = Callable[[Workspace], Iterable[Finding]]
"""Looks and changes nothing; sends nothing that writes. A ``PipelineError`` becomes an error."""


def _warehouse(workspace: Workspace) -> Iterable[Finding]:
    return warehouse.examine(workspace.settings, workspace.scratch)


EXAMINATIONS: tuple[Examination, ...] = (
    machine.examine,
    alerts.examine,
    _warehouse,
    write_back.examine,
    records.examine,
    crm.examine,
)


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Every finding, as it is found."""
    for examination in EXAMINATIONS:
        try:
            yield from examination(workspace)
        except PipelineError as error:
            subject, _, told = str(error).partition(": ")
            what, _, remedy = told.partition("; ")
            yield Finding(
                "error", error.code, subject, what or subject, remedy or None, _in_settings(error)
            )
        except OSError as error:
            yield unusable(error)


def _in_settings(error: PipelineError) -> bool:
    if isinstance(error, WarehouseError):
        return error.kind in error.kinds_of_settings
    return isinstance(error, SettingsError)
