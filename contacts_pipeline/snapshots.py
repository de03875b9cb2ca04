"""A stage is a Parquet file, written whole beside its old self and renamed into place.

A reader sees the old stage or the new one, never a half; a crash leaves the old one.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; what was written takes the place of ``path`` if nothing raised."""
    private_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        flush(part)
        part.replace(path)
        flush(path.parent)
    finally:
        part.unlink(missing_ok=True)


def private_folder(path: Path) -> Path:
    """Create ``path`` where it is missing, readable by this user alone."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def file_name(text: str) -> str:
    """A file name that a person recognises and that no other ``text`` has."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
