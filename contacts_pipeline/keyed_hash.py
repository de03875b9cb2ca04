"""HMAC-SHA256 under a key that never leaves the data folder, in Python and in SQL.

Whatever is remembered of a value outside the data folder is this hash, cut to 128 bits.
"""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from contacts_pipeline.snapshots import private_folder

if TYPE_CHECKING:
    from _hashlib import HASH

_KEY_BYTES = 32
_HEX_DIGITS = 32
_BLOCK_BYTES = 64  # of SHA-256, by RFC 2104


def load_key(path: Path) -> bytes:
    """The key at ``path``, made and stored for this user alone where there is none."""
    if not path.exists():
        _make_key(path)
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _make_key(path: Path) -> None:
    """Whole or not at all, since another process may be reading, or making one, right now."""
    part = private_folder(path.parent) / f".{path.name}.{secrets.token_hex(8)}"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_bytes(_KEY_BYTES).hex())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink()


def keyed_hash(key: bytes, kind: str, value: str) -> str:
    """The hash of ``value`` as a value of ``kind``: 32 hexadecimal digits."""
    begun_inner, begun_outer = _begun(key)
    inner, outer = begun_inner.copy(), begun_outer.copy()
    inner.update(f"{kind}\0{value}".encode())
    outer.update(inner.digest())
    return outer.hexdigest()[:_HEX_DIGITS]


def fingerprint(key: bytes) -> str:
    """Tells one key from another without giving it away."""
    return keyed_hash(key, "fingerprint", "")


def define_keyed_hash(con: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give ``con`` the macro ``keyed_hash(kind, value)``, null where the value is null."""
    inner, outer = _pads(key)
    con.execute("set variable outer_pad = unhex(?)", [outer.hex()])
    con.execute("set variable inner_pad = unhex(?)", [inner.hex()])
    con.execute(
        f"""
        create or replace temp macro keyed_hash(kind, value) as left(
            sha256(
                getvariable('outer_pad')
                || unhex(sha256(getvariable('inner_pad') || encode(kind || chr(0) || value)))
            ),
            {_HEX_DIGITS}
        )
        """
    )


@lru_cache(maxsize=8)
def _begun(key: bytes) -> tuple["HASH", "HASH"]:
    """The key's half of an HMAC, once: the standard library takes it up anew for each value."""
    inner, outer = _pads(key)
    return sha256(inner), sha256(outer)


def _pads(key: bytes) -> tuple[bytes, bytes]:
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
