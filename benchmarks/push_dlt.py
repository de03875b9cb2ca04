"""dlt as a pusher: ``python benchmarks/push_dlt.py URL FOLDER ROWS`` prints the seconds it took.

A custom destination that posts one contact a call (``batch_size=1``): dlt writes its state after
each batch, as this project's ledger holds each answer. Everything else is dlt's default.
"""

import os
import sys
import time
from pathlib import Path
from typing import Any

from push_project import people

from contacts_pipeline.sandbox import DEFAULT_TOKEN

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
from dlt.sources.helpers import requests


def main() -> None:
    """Load the rows."""
    url, folder, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    session = requests.Client().session
    session.headers.update({"Authorization": f"Bearer {DEFAULT_TOKEN}", "Version": "2021-07-28"})

    def crm(items: list[dict[str, Any]], table: Any) -> None:  # noqa: ARG001 - dlt's signature
        for item in items:
            body = {
                "locationId": item["location"],
                "email": item["email"],
                "firstName": item["first_name"],
                "lastName": item["last_name"],
            }
            session.post(f"{url}/contacts/upsert", json=body).raise_for_status()

    destination = dlt.destination(crm, batch_size=1, name="crm")
    pipeline = dlt.pipeline("push", destination=destination, pipelines_dir=str(folder))
    data = people("location-000", rows)
    started = time.perf_counter()
    pipeline.run(data, table_name="people")
    sys.stdout.write(f"{time.perf_counter() - started}\n")


if __name__ == "__main__":
    main()
