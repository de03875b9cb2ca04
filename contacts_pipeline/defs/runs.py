"""Runs of the same jobs on the same instance that the UI shows, in this process."""

import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.keys import RUN_ID_TAG
from contacts_pipeline.defs.locations import LOCATIONS
from contacts_pipeline.defs.resources import Progress, Project
from contacts_pipeline.defs.run_ends import FAILED, UNWRITTEN
from contacts_pipeline.errors import PipelineError
from contacts_pipeline.push import LocationReport
from contacts_pipeline.snapshots import private_folder

HOME_VARIABLE = "DAGSTER_HOME"
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_INSTANCE = """\
# The Dagster instance of this data folder; DAGSTER_HOME names the folder of this file.
telemetry:
  enabled: false
nux:
  enabled: false
"""


class InterruptedRunError(PipelineError):
    """The run was told to stop before it had anything to tell."""

    code = "interrupted"


@dataclass
class RunOutcome:
    """Runs of many locations under one id.

    ``failed`` are the reports of those that failed; ``unwritten`` says why a location's outcomes
    are not in the warehouse.
    """

    run_id: str
    failed: dict[str, LocationReport] = field(default_factory=dict)
    unwritten: dict[str, str] = field(default_factory=dict)


@contextmanager
def open_instance(data: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of ``DAGSTER_HOME``; where it is unset, the one that belongs to ``data``.

    For the project's own ``data`` that is the tracked ``dagster.yaml``, so that ``dagster dev``
    shows the same; any other data folder holds an instance of its own.
    """
    if HOME_VARIABLE not in os.environ:
        here = Path.cwd()
        own = data.resolve() == here / "data" and (here / "dagster.yaml").exists()
        os.environ[HOME_VARIABLE] = str(here if own else _instance_in(data))
    with dg.DagsterInstance.get() as instance:
        yield instance


def refresh(instance: dg.DagsterInstance, *, full_refresh: bool = False) -> None:
    """Registry and warehouse, read and prepared for all locations; raises what the stage raised."""
    job = build_definitions().resolve_job_def("refresh")
    read = {"ops": {"warehouse_contacts": {"config": {"full_refresh": full_refresh}}}}
    with _interruptible():
        job.execute_in_process(instance=instance, run_config=_QUIET | read, raise_on_error=True)


def run_locations(
    instance: dg.DagsterInstance,
    job_name: str,
    location_ids: Sequence[str],
    *,
    force: bool,
    progress: Progress,
) -> RunOutcome:
    """Run a job for the locations, in as few runs as their partitions allow.

    A Dagster run covers neighbours in the order of the partitions; all runs carry one run id.
    """
    job = build_definitions(Project(progress)).resolve_job_def(job_name)
    outcome = RunOutcome(str(uuid.uuid4()))
    partitions = instance.get_dynamic_partitions(LOCATIONS.name or "")
    for number, (first, last) in enumerate(_ranges(partitions, set(location_ids))):
        try:
            with _interruptible():
                job.execute_in_process(
                    instance=instance,
                    run_config=_QUIET | {"ops": {"location_upserts": {"config": {"force": force}}}},
                    run_id=outcome.run_id if number == 0 else None,
                    tags={
                        RUN_ID_TAG: outcome.run_id,
                        ASSET_PARTITION_RANGE_START_TAG: first,
                        ASSET_PARTITION_RANGE_END_TAG: last,
                    },
                    raise_on_error=True,
                )
        except dg.Failure as failure:
            outcome.failed |= _reports(failure.metadata[FAILED].value)
            outcome.unwritten |= cast("dict[str, str]", failure.metadata[UNWRITTEN].value)
    return outcome


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, DagsterExecutionInterruptedError):
        raise InterruptedRunError("interrupted; run it again to go on where it stopped") from None


def _ranges(partitions: Sequence[str], wanted: set[str]) -> Iterator[tuple[str, str]]:
    """First and last of each run of neighbours among ``partitions`` that are all wanted."""
    neighbours: list[str] = []
    for key in [*partitions, None]:
        if key in wanted and key is not None:
            neighbours.append(key)
        elif neighbours:
            yield neighbours[0], neighbours[-1]
            neighbours = []


def _reports(failed: Any) -> dict[str, LocationReport]:
    return {name: LocationReport.model_validate(report) for name, report in failed.items()}


def _instance_in(data: Path) -> Path:
    home = private_folder(data.resolve() / "dagster")
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.write_text(_INSTANCE, encoding="utf-8")
    return home
