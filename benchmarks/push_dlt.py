"""dlt as a pusher: ``python benchmarks/push_dlt.py URL FOLDER ROWS``.

dlt's documented way to an API, a custom destination, in the fastest way that keeps every answer:
``batch_size=1``, so that dlt commits its state after each row, and as many load jobs at a time as
this project has rows in flight, each with a file of its own. A second start goes on where a killed
one was.
"""

import os
import sys
from pathlib import Path
from typing import Any

from push_project import IN_FLIGHT, contact_bodies

from contacts_pipeline.sandbox import DEFAULT_TOKEN


def main() -> None:
    """Load the rows."""
    url, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    rows_a_file = str(max(rows // IN_FLIGHT, 1))
    os.environ |= {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
        "DATA_WRITER__BUFFER_MAX_ITEMS": rows_a_file,
        "DATA_WRITER__FILE_MAX_ITEMS": rows_a_file,
        "LOAD__WORKERS": str(IN_FLIGHT),
    }
    import dlt
    from dlt.sources.helpers import requests

    client = requests.Client()
    headers = {"Authorization": f"Bearer {DEFAULT_TOKEN}", "Version": "2021-07-28"}

    def crm(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ARG001 - dlt's signature
        for item in items:
            client.post(f"{url}/contacts/upsert", json=item, headers=headers).raise_for_status()

    destination = dlt.destination(
        crm,
        batch_size=1,
        name="crm",
        naming_convention="direct",
        max_parallel_load_jobs=IN_FLIGHT,
        loader_parallelism_strategy="parallel",
    )
    pipeline = dlt.pipeline("push", destination=destination, pipelines_dir=str(folder))
    pipeline.run(contact_bodies("location-000", rows), table_name="contacts")


if __name__ == "__main__":
    main()
