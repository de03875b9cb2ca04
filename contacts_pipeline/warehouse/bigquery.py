"""BigQuery over its ADBC driver; the credentials are a file or what gcloud left on the machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlsplit

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.warehouse.adbc import AdbcReader, adbc_reader, driver
from contacts_pipeline.warehouse.address import parameters, shown
from contacts_pipeline.warehouse.dialect import Dialect
from contacts_pipeline.warehouse.snowflake import by_words
from contacts_pipeline.warehouse.trouble import Trouble, TroubleKind

_OPTION = "adbc.bigquery.sql."
_BY_WORDS = (
    ("could not find default credentials", TroubleKind.LOGIN),
    ("invalid_grant", TroubleKind.LOGIN),
    ("Error 401", TroubleKind.LOGIN),
    ("connection refused", TroubleKind.UNREACHABLE),
    ("no such host", TroubleKind.UNREACHABLE),
    ("i/o timeout", TroubleKind.UNREACHABLE),
    ("x509:", TroubleKind.CERTIFICATE),
    ("Error 403", TroubleKind.DENIED),
    ("accessDenied", TroubleKind.DENIED),
    ("Not found: Table", TroubleKind.NO_TABLE),
    ("Unrecognized name", TroubleKind.NO_COLUMN),
    ("Job timed out", TroubleKind.TIMEOUT),
    ("Bad ", TroubleKind.VALUE),
    ("Could not cast", TroubleKind.VALUE),
    ("constructing client", TroubleKind.LOGIN),
)


class BigQueryDialect(Dialect):
    """GoogleSQL: backticks, and lists and structs only as JSON."""

    name = "bigquery"
    quote = "`"
    types = MappingProxyType(
        {"string": "string", "int64": "int64", "bool": "bool", "timestamp": "timestamp"}
    )

    def quoted(self, name: str) -> str:
        """BigQuery escapes with a backslash."""
        return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"

    def literal(self, text: str) -> str:
        """A backslash escapes; a doubled quote would be two strings."""
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def is_moment(self, kind: str) -> bool:
        """The driver's Arrow types."""
        return kind.startswith(("timestamp", "date"))

    def text(self, expression: str, kind: str) -> str:
        """Bytes as hex, what has parts as JSON."""
        if kind.startswith(("list", "large_list", "struct", "extension")):
            return f"to_json_string({expression})"
        if kind in {"binary", "large_binary"}:
            return f"to_hex({expression})"
        return f"cast({expression} as string)"

    def changed_since(self, column: str, moment: datetime) -> str:
        """A DATETIME or DATE is taken as UTC."""
        at = f"timestamp '{moment:%Y-%m-%d %H:%M:%S.%f}+00'"
        return f"(cast({column} as timestamp) >= {at} or {column} is null)"

    def trouble(self, error: Exception) -> Trouble:
        """By the words of Google's API."""
        return by_words(error, _BY_WORDS)


@contextmanager
def open_bigquery(url: str, timeout_seconds: float) -> Iterator[AdbcReader]:
    """A reader of ``bigquery://project/dataset?credentials=FILE&location=EU``."""
    dbapi = driver("adbc_driver_bigquery.dbapi", "bigquery")
    options = connection_options(url)
    limit = {f"{_OPTION}query.job_timeout": max(1, round(timeout_seconds * 1000))}
    with adbc_reader(
        lambda: dbapi.connect(options, autocommit=True),
        BigQueryDialect(),
        shown(url),
        timeout_seconds,
        limit,
    ) as reader:
        yield reader


def connection_options(url: str) -> dict[str, str]:
    """The driver's options for the parts of ``url``."""
    parts = urlsplit(url)
    if not parts.netloc:
        raise WarehouseError("warehouse.url: write it as bigquery://project/dataset")
    given = parameters(url)
    options = {f"{_OPTION}project_id": parts.netloc}
    if dataset := parts.path.strip("/"):
        options[f"{_OPTION}dataset_id"] = dataset
    if location := given.get("location"):
        options[f"{_OPTION}location"] = location
    if credentials := given.get("credentials"):
        options[f"{_OPTION}auth_type"] = f"{_OPTION}auth_type.json_credential_file"
        options[f"{_OPTION}auth_credentials"] = credentials
    return options
