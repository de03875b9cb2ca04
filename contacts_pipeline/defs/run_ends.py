"""What became of each location of a run, in Dagster's event log as soon as it is known."""

from typing import Any

import dagster as dg

from contacts_pipeline import steps
from contacts_pipeline.defs.crm_contacts import listed_contacts
from contacts_pipeline.defs.explain import ExplainLinks
from contacts_pipeline.defs.keys import OUTCOMES, PLAN, UPSERTS, WRITTEN
from contacts_pipeline.defs.location_metadata import (
    plan_columns,
    plan_metadata,
    proof_metadata,
    push_metadata,
)
from contacts_pipeline.lineage import Lineage
from contacts_pipeline.plan import PlanHeader
from contacts_pipeline.push import LocationReport
from contacts_pipeline.workspace import Workspace

DATA_VERSION_TAG = "dagster/data_version"
FAILED, UNRECORDED, UNWRITTEN = "failed", "not_recorded", "not_written_back"
"""What a run's Failure holds: location to report, the locations whose report the ledger does not
have, and location to what was told."""


class RunEnds:
    """The ends of a run's locations; what succeeded is logged as it is recorded.

    Logged, not yielded: Dagster may raise an interrupt between two events that an asset yields,
    and then nobody could stop the push that goes on beside them.
    """

    def __init__(self, context: dg.AssetExecutionContext, workspace: Workspace) -> None:
        self.plans: dict[str, PlanHeader] = {}
        self.proven: dict[str, steps.Proven] = {}
        self.failed: dict[str, LocationReport] = {}
        self._unplanned: dict[str, steps.Unplanned] = {}
        self._unwritten: dict[str, str] = {}
        self._context, self._workspace = context, workspace
        self._links = ExplainLinks(context.run)
        self._columns: Lineage | None = None

    def record(self, location_id: str, step: steps.Step) -> None:
        """Log what a location has reached, or keep why it has failed."""
        match step:
            case steps.Unplanned(report) if report.status != "ok":
                self.failed[location_id], self._unplanned[location_id] = report, step
            case steps.Planned(header, _, read):
                self.plans[location_id] = header
                if read is not None:
                    self._context.log_event(listed_contacts(self._workspace, location_id, read))
                self._columns = self._columns or plan_columns(self._workspace)
                metadata = plan_metadata(step, self._columns, self._links)
                self._log(PLAN, location_id, metadata, header.data_version)
            case steps.Pushed(report=report) | steps.Proven(report=report) if report.status != "ok":
                self.failed.setdefault(location_id, report)
            case steps.Pushed(header):
                self._log(UPSERTS, location_id, push_metadata(step), header.data_version)
            case steps.Proven(plan=plan):
                self._log(
                    OUTCOMES, location_id, proof_metadata(step, self._links), plan.data_version
                )
            case steps.Written(place, run_id, rows):
                self._log(WRITTEN, location_id, {"warehouse": place, "run_id": run_id, **rows})
            case steps.Unwritten(why):
                self._unwritten[location_id] = why
        if isinstance(step, steps.Proven):
            self.proven[location_id] = step

    def raise_failure(self) -> None:
        """Raise one Failure that names all who failed; nothing if none did."""
        if not self.failed and not self._unwritten:
            return
        told = [report.told or location for location, report in self.failed.items()]
        reports = {location: report.model_dump() for location, report in self.failed.items()}
        unrecorded = [location for location, one in self._unplanned.items() if not one.recorded]
        raise dg.Failure(
            description="; ".join([*told, *dict.fromkeys(self._unwritten.values())]),
            metadata={
                FAILED: dg.MetadataValue.json(reports),
                UNRECORDED: dg.MetadataValue.json(unrecorded),
                UNWRITTEN: dg.MetadataValue.json(self._unwritten),
            },
            allow_retries=False,
        )

    def _log(
        self,
        key: dg.AssetKey,
        location_id: str,
        metadata: dict[str, Any],
        data_version: str | None = None,
    ) -> None:
        tags = {DATA_VERSION_TAG: data_version} if data_version else None
        self._context.log_event(
            dg.AssetMaterialization(key, partition=location_id, metadata=metadata, tags=tags)
        )
