"""What stops a location before its first request, because something upstream looks wrong."""

from contacts_pipeline.plan.files import PlanCounts


def tripped(
    location_id: str, counts: PlanCounts, *, max_reject_share: float, max_create_share: float
) -> tuple[str | None, str | None]:
    """The reason's code and what to tell a person; None and None if the location may go on.

    The shares are from 0 to 1: of rejected among extracted rows, of creates among identities.
    """
    rejected_share = counts.rejected / counts.extracted if counts.extracted else 0.0
    if rejected_share > max_reject_share:
        return "too_many_rejected", (
            f"location {location_id}: {rejected_share:.0%} of its rows are rejected, more "
            f"than max_reject_share ({max_reject_share:.0%}); look at valid_contacts, then "
            "mend the rows or raise the share, or push with --force"
        )
    identities = counts.unchanged + counts.held + counts.create + counts.update
    created_share = counts.create / identities if identities else 0.0
    if created_share > max_create_share:
        return "too_many_creates", (
            f"location {location_id}: {created_share:.0%} of its contacts would be created, "
            f"more than max_create_share ({max_create_share:.0%}); check that the ledger "
            "and crm.base_url belong to this location, or push with --force"
        )
    return None, None
