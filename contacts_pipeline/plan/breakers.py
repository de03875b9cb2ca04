"""What stops a location before its first request, because something upstream looks wrong."""

from contacts_pipeline.plan.files import PlanCounts


def tripped(
    location_id: str,
    counts: PlanCounts,
    creates: int,
    *,
    extracted_before: int | None,
    max_shrink_share: float,
    max_reject_share: float,
    max_create_share: float,
) -> tuple[str | None, str | None]:
    """The reason's code and what to tell a person; None and None if the location may go on.

    The shares are from 0 to 1: of the rows of the plan before that are gone, of rejected among
    extracted rows, of creates among identities.
    """
    missing = (extracted_before or 0) - counts.extracted
    if extracted_before and missing > max_shrink_share * extracted_before:
        return "source_shrank", (
            f"location {location_id}: it has {counts.extracted} rows, and {extracted_before} "
            f"before: {missing / extracted_before:.0%} less, more than max_shrink_share "
            f"({max_shrink_share:.0%}); look at the warehouse; if that is right, push with "
            "--force or raise the share"
        )
    rejected_share = counts.rejected / counts.extracted if counts.extracted else 0.0
    if rejected_share > max_reject_share:
        return "too_many_rejected", (
            f"location {location_id}: {rejected_share:.0%} of its rows are rejected, more "
            f"than max_reject_share ({max_reject_share:.0%}); look at valid_contacts, then "
            "mend the rows or raise the share, or push with --force"
        )
    identities = counts.extracted - counts.rejected - counts.merged
    created_share = creates / identities if identities else 0.0
    if created_share > max_create_share:
        return "too_many_creates", (
            f"location {location_id}: {created_share:.0%} of its contacts would be created, "
            f"more than max_create_share ({max_create_share:.0%}); check that the ledger "
            "and crm.base_url belong to this location, or push with --force"
        )
    return None, None
