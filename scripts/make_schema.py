"""Writes the JSON schema of ``contacts.yaml``, for editors that complete and check it."""

import json
from pathlib import Path

from contacts_pipeline.settings import Settings

SCHEMA = Path(__file__).parents[1] / "docs" / "contacts.schema.json"


def schema_text() -> str:
    """The schema as the tracked file holds it."""
    return json.dumps(Settings.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema_text(), encoding="utf-8")
