"""What stops a location before its first request, because something upstream looks wrong."""

from typing import Protocol

from contacts_pipeline.plan.files import PlanCounts


class Thresholds(Protocol):
    """The shares, from 0 to 1, beyond which a location is held."""

    @property
    def location_id(self) -> str: ...  # noqa: D102
    @property
    def max_reject_share(self) -> float: ...  # noqa: D102
    @property
    def max_create_share(self) -> float: ...  # noqa: D102


def tripped(limits: Thresholds, counts: PlanCounts) -> tuple[str | None, str | None]:
    """The reason's code and what to tell a person; None and None if the location may go on."""
    rejected_share = counts.rejected / counts.extracted if counts.extracted else 0.0
    if rejected_share > limits.max_reject_share:
        return "too_many_rejected", (
            f"location {limits.location_id}: {rejected_share:.0%} of its rows are rejected, more "
            f"than max_reject_share ({limits.max_reject_share:.0%}); look at valid_contacts, then "
            "mend the rows or raise the share, or push with --force"
        )
    identities = counts.unchanged + counts.held + counts.create + counts.update
    created_share = counts.create / identities if identities else 0.0
    if created_share > limits.max_create_share:
        return "too_many_creates", (
            f"location {limits.location_id}: {created_share:.0%} of its contacts would be created, "
            f"more than max_create_share ({limits.max_create_share:.0%}); check that the ledger "
            "and crm.base_url belong to this location, or push with --force"
        )
    return None, None
