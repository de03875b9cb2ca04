"""This machine: versions, and whether the data folder is private and has room."""

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from contacts_pipeline.finding import Finding
from contacts_pipeline.workspace import Workspace

PACKAGES = ("contacts-pipeline", "dagster", "duckdb", "pyarrow", "sqlalchemy", "httpx")
LITTLE_ROOM = 1 << 30  # bytes: a million contacts with all their stages take about as much
OTHERS = 0o077  # permission bits of everybody but the owner


def examine(workspace: Workspace) -> Iterator[Finding]:
    """Versions, settings, and the data folder."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield Finding("ok", "versions", "versions", f"Python {platform.python_version()}, {versions}")
    crm = workspace.settings.crm
    where = "a CRM on this machine" if crm.is_loopback else crm.base_url
    yield Finding("ok", "settings_valid", "settings", f"contacts.yaml is valid; pushes to {where}")
    yield _room(workspace.data)
    yield _privacy(workspace.data)


def _room(data: Path) -> Finding:
    free = shutil.disk_usage(data).free
    told = f"{free / (1 << 30):,.1f} GiB free"
    if free >= LITTLE_ROOM:
        return Finding("ok", "disk_space", f"{data}", told)
    remedy = "make room, or name another folder with --data"
    return Finding("warning", "disk_space", f"{data}", told, remedy)


def _privacy(data: Path) -> Finding:
    """Contacts, tokens and the key of all hashes are below the folder."""
    open_to_others = [
        path
        for path in (data, *sorted(data.glob("*")))
        if path.exists()
        and path.name != "sample"
        and path.stat().st_mode & OTHERS
        and (path == data or path.name == "hash.key")
    ]
    if not open_to_others:
        return Finding("ok", "data_private", f"{data}", "readable by this user alone")
    names = " ".join(str(path) for path in open_to_others)
    told = "others on this machine can read it"
    return Finding("error", "data_private", names, told, f"chmod go-rwx {names}")
