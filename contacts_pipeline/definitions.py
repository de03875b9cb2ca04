"""What Dagster loads."""

from contacts_pipeline.defs import build_definitions

defs = build_definitions()
