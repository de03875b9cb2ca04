"""What a push came to, as tables for analysts in the user's own warehouse."""

from contacts_pipeline.write_back.rows import PushedPlan, replacements
from contacts_pipeline.write_back.tables import TABLES

__all__ = ["TABLES", "PushedPlan", "replacements"]
