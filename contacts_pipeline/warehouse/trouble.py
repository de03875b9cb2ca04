"""What can be wrong with a warehouse, in one line that names the thing and the remedy.

A driver's message may hold a value of a row (``invalid input syntax for integer: "Ann"``), so it is
shown only where no row has been read yet.
"""

from dataclasses import dataclass
from enum import StrEnum

from contacts_pipeline.errors import WarehouseError


class TroubleKind(StrEnum):
    """Why a warehouse does not answer."""

    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    OTHER_NAME = "other_name"
    UNENCRYPTED = "unencrypted"
    LOGIN = "login"
    NO_DATABASE = "no_database"
    NO_TABLE = "no_table"
    NO_COLUMN = "no_column"
    DENIED = "denied"
    TIMEOUT = "timeout"
    LOCKED = "locked"
    DROPPED = "dropped"
    VALUE = "value"
    WRITES = "writes"
    FILE = "file"
    HALFWAY = "halfway"
    NO_DRIVER = "driver_missing"
    OTHER = "other"


@dataclass(frozen=True)
class Trouble:
    """A kind of failure, and the driver's own first line."""

    kind: TroubleKind
    told: str


TIME_IS_UP = Trouble(TroubleKind.TIMEOUT, "")
NO_ANSWER = Trouble(TroubleKind.UNREACHABLE, "")

_TOLD = {
    TroubleKind.UNREACHABLE: (
        "it can't be reached",
        "check host, port and network, and that the server runs",
    ),
    TroubleKind.CERTIFICATE: (
        "its certificate is not trusted",
        "name the authority with sslrootcert=FILE in the URL",
    ),
    TroubleKind.OTHER_NAME: (
        "its certificate is another host's",
        "write the host in the URL as the certificate names it",
    ),
    TroubleKind.UNENCRYPTED: (
        "it offers no TLS, so the login and all contacts would cross the network readable",
        "turn TLS on at the server, or say sslmode=disable in the URL of a network you trust",
    ),
    TroubleKind.LOGIN: (
        "it refused the login",
        "check the user and password, or the credentials file, that the environment or .env holds",
    ),
    TroubleKind.NO_DATABASE: ("it has no such database", "check the database in the URL"),
    TroubleKind.DENIED: (
        "the login may not read what contacts.yaml names",
        "grant select on it (docs/warehouses.md has the script)",
    ),
    TroubleKind.TIMEOUT: (
        "a statement took longer than warehouse.timeout_seconds",
        "raise it, or index updated_at",
    ),
    TroubleKind.LOCKED: (
        "a table stayed locked by somebody else",
        "run again when the migration or load that holds it is done",
    ),
    TroubleKind.DROPPED: (
        "the connection was lost halfway; what was read before is kept",
        "run again",
    ),
    TroubleKind.VALUE: (
        "an expression of contacts.fields fails on a value of some row",
        "write it so that it gives null there",
    ),
    TroubleKind.WRITES: (
        "an expression or query of contacts.yaml would write, and this session is read-only",
        "use one that only reads",
    ),
}


_REMEDY = "docs/warehouses.md has what each kind of warehouse needs"
_REMEDIES = {
    TroubleKind.FILE: "mend that line, or save the file anew",
    TroubleKind.NO_DRIVER: "install its package (uv add adbc-driver-NAME), or name another",
    TroubleKind.HALFWAY: "run again; the warehouse's own log may have the statement",
}


_TOLD_OF_WRITING = {
    TroubleKind.DENIED: (
        "the login may not write there",
        "docs/warehouses.md has the script that makes the tables and grants the rights",
    ),
    TroubleKind.NO_TABLE: ("its tables can't be made", "docs/warehouses.md has the script for it"),
    TroubleKind.NO_COLUMN: (
        "a table there has other columns",
        "rename it; the next write makes it anew",
    ),
    TroubleKind.WRITES: (
        "the login can only read",
        "name one that may write to these tables in write_back.url",
    ),
    TroubleKind.LOCKED: ("it stayed locked by somebody else", "write again when that is done"),
    TroubleKind.DROPPED: ("the connection was lost, nothing of it was written", "write again"),
}


def unwritten(place: str, trouble: Trouble) -> WarehouseError:
    """The error of outcomes that could not be written to the warehouse."""
    told, remedy = _TOLD_OF_WRITING.get(
        trouble.kind, _TOLD.get(trouble.kind, (trouble.told, "the warehouse's own log says more"))
    )
    return WarehouseError(f"write_back {place}: {told}; {remedy}", kind=trouble.kind.value)


def ungranted(place: str, right: str, thing: str) -> WarehouseError:
    """The error of a writer that lacks ``right`` on ``thing``."""
    return WarehouseError(
        f"write_back {place}: the login lacks {right} on {thing}; grant {right} on {thing} to it "
        "(docs/grants/write_back.sql has all that it needs)",
        kind=TroubleKind.DENIED.value,
    )


def unread(place: str, trouble: Trouble) -> WarehouseError:
    """The error of a read that had begun: words that nobody foresaw may hold a value."""
    if trouble.kind is TroubleKind.OTHER:
        trouble = Trouble(TroubleKind.HALFWAY, "the read failed halfway")
    return unreadable(place, trouble)


def unreadable(place: str, trouble: Trouble) -> WarehouseError:
    """The error of a warehouse that could not be opened or described."""
    told, remedy = _TOLD.get(trouble.kind, (trouble.told, _REMEDIES.get(trouble.kind, _REMEDY)))
    return WarehouseError(f"warehouse {place}: {told}; {remedy}", kind=trouble.kind.value)


def first_line(error: Exception) -> str:
    """What a driver says, without its picture of the query; a semicolon begins our remedy."""
    lines = str(error).strip().splitlines()
    return lines[0].replace("; ", ", ") if lines else type(error).__name__
