"""The command line: what a user types, and one JSON document for programs."""

from contacts_pipeline.cli.main import main

__all__ = ["main"]
