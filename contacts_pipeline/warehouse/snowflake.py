"""Snowflake over its ADBC driver; the session writes times in UTC and stops at the time limit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType

from contacts_pipeline.warehouse.adbc import AdbcReader, adbc_reader, driver
from contacts_pipeline.warehouse.address import shown, with_defaults
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind, first_line

_MOMENT = "YYYY-MM-DD HH24:MI:SS.FF6"
_LOGIN_SECONDS = 30
"""The driver's own limit is five minutes."""
_BY_WORDS = (
    ("connection refused", TroubleKind.UNREACHABLE),
    ("no such host", TroubleKind.UNREACHABLE),
    ("i/o timeout", TroubleKind.UNREACHABLE),
    ("x509:", TroubleKind.CERTIFICATE),
    ("390100", TroubleKind.LOGIN),
    ("Incorrect username or password", TroubleKind.LOGIN),
    ("JWT token is invalid", TroubleKind.LOGIN),
    ("000630", TroubleKind.TIMEOUT),
    ("003001", TroubleKind.DENIED),
    ("Insufficient privileges", TroubleKind.DENIED),
    ("002003", TroubleKind.NO_TABLE),
    ("000904", TroubleKind.NO_COLUMN),
    ("is not recognized", TroubleKind.VALUE),
)


class SnowflakeDialect(Dialect):
    """Snowflake: names without quotes are stored in capitals, any type casts to text."""

    name = "snowflake"
    types = MappingProxyType(
        {
            "string": "varchar",
            "int64": "number(38, 0)",
            "bool": "boolean",
            "timestamp": "timestamp_tz",
        }
    )

    def __init__(self, timeout_seconds: float = 3600) -> None:
        limit = f"alter session set statement_timeout_in_seconds = {max(1, round(timeout_seconds))}"
        self.writing_session = (limit,)
        self.session = (
            limit,
            "alter session set timezone = 'UTC'",
            "alter session set timestamp_input_format = 'AUTO'",
            "alter session set date_output_format = 'YYYY-MM-DD'",
            f"alter session set timestamp_ntz_output_format = '{_MOMENT}'",
            f"alter session set timestamp_ltz_output_format = '{_MOMENT}TZH:TZM'",
            f"alter session set timestamp_tz_output_format = '{_MOMENT}TZH:TZM'",
        )

    def literal(self, text: str) -> str:
        """A backslash escapes, too."""
        return super().literal(text.replace("\\", "\\\\"))

    def folded(self, name: str) -> str:
        """Names without quotes are stored in capitals."""
        return name.upper()

    def is_moment(self, kind: str) -> bool:
        """The driver's Arrow types."""
        return kind.startswith(("timestamp", "date"))

    def text(self, expression: str, kind: str) -> str:
        """An array or a variant casts to its JSON."""
        del kind
        return f"cast({expression} as varchar)"

    def changed_since(self, column: str, moment: datetime) -> str:
        """Against the session's UTC."""
        at = f"to_timestamp_tz('{moment:%Y-%m-%dT%H:%M:%S.%f}+00:00')"
        return f"({column} >= {at} or {column} is null)"

    def trouble(self, error: Exception) -> Trouble:
        """By Snowflake's error numbers and Go's words for a network."""
        return by_words(error, _BY_WORDS)


@contextmanager
def open_snowflake(url: str, timeout_seconds: float) -> Iterator[AdbcReader]:
    """A reader of ``snowflake://user:password@account/database/schema?warehouse=…&role=…``."""
    dbapi = driver("adbc_driver_snowflake.dbapi", "snowflake")
    uri = with_defaults(url, {"loginTimeout": str(_LOGIN_SECONDS)}).split("://", 1)[1]
    with adbc_reader(
        lambda: dbapi.connect(uri, autocommit=True),
        SnowflakeDialect(timeout_seconds),
        shown(url),
        timeout_seconds,
    ) as reader:
        yield reader


def by_words(error: Exception, words: tuple[tuple[str, TroubleKind], ...]) -> Trouble:
    """The first kind whose words are in the driver's message."""
    text = str(error)
    for part, kind in words:
        if part in text:
            return Trouble(kind, first_line(error))
    return Trouble(TroubleKind.OTHER, first_line(error))
