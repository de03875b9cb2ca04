"""drt-core as a pusher: a project of its own beside a PostgreSQL, run by ``drt run``.

drt's documented REST destination. It sends one row after the other and remembers them a batch at
a time: ``batch_size`` is as many rows as this project has in flight, and its idempotency ledger,
which only a warehouse can keep, remembers each delivered row, so that a second run after a kill
sends what was not. Its own rate limit is out of the way.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
from push_project import IN_FLIGHT, contact_bodies

from contacts_pipeline.sandbox import DEFAULT_TOKEN

NO_LIMIT = 1_000_000


def start_drt(url: str, folder: Path, rows: int, postgres: str) -> subprocess.Popen[str]:
    """Run drt; the first time in ``folder`` its project and its source table are laid down."""
    if not folder.exists():
        _lay_down(url, folder, rows, postgres)
    return subprocess.Popen(
        [Path(sys.executable).with_name("drt"), "run", "--quiet"],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "DO_NOT_TRACK": "1", "CRM_TOKEN": DEFAULT_TOKEN},
        stdout=subprocess.PIPE,
        text=True,
    )


def _lay_down(url: str, folder: Path, rows: int, postgres: str) -> None:
    (folder / "syncs").mkdir(parents=True)
    (folder / ".drt").mkdir()
    bodies = contact_bodies("location-000", rows)
    names = ", ".join(f'"{name}"' for name in bodies[0])
    columns = ", ".join(f'"{name}" text' for name in bodies[0])
    schema = f"bench_{os.urandom(4).hex()}"
    with psycopg.connect(postgres) as connection:
        connection.execute(f"create schema {schema}")
        connection.execute(f"create table {schema}.contacts ({columns})")
        with connection.cursor().copy(f"copy {schema}.contacts ({names}) from stdin") as copy:
            for body in bodies:
                copy.write_row(list(body.values()))
        place = connection.info
        profile = {
            "type": "postgres",
            "host": place.host,
            "port": place.port,
            "dbname": place.dbname,
            "user": place.user,
            "password": place.password or "none",
            "managed_schema": f"{schema}_drt",
        }
    sync = {
        "name": "contacts",
        "model": f"select {names} from {schema}.contacts",
        "destination": {
            "type": "rest_api",
            "url": f"{url}/contacts/upsert",
            "method": "POST",
            "headers": {"Version": "2021-07-28"},
            "auth": {"type": "bearer", "token_env": "CRM_TOKEN"},
        },
        "sync": {
            "mode": "full",
            "batch_size": IN_FLIGHT,
            "idempotency_key": "{{ row['email'] }}",
            "rate_limit": {"requests_per_second": NO_LIMIT},
        },
    }
    project = {
        "name": "bench",
        "profile": "bench",
        "state": {"backend": "warehouse", "connection_profile": "bench", "idempotency": True},
    }
    # JSON is YAML.
    (folder / ".drt" / "profiles.yml").write_text(json.dumps({"bench": profile}))
    (folder / "drt_project.yml").write_text(json.dumps(project))
    (folder / "syncs" / "contacts.yml").write_text(json.dumps(sync))
