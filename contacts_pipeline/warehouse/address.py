"""The warehouse's URL: which kind it is, and what of it may be shown."""

import hashlib
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from contacts_pipeline.settings.password import SECRET_NAME

_SHOWN_PARAMETERS = frozenset(
    {"host", "port", "sslmode", "warehouse", "role", "schema", "location", "region", "dbname"}
)


def scheme(url: str) -> str:
    """``postgresql`` for ``postgres://…``, ``md``, ``adbc+name``, or ``""`` for files."""
    if url.startswith("md:"):
        return "md"
    found = url.split("://", 1)[0].lower() if "://" in url else ""
    return {"postgres": "postgresql"}.get(found, found)


def shown(url: str) -> str:
    """The URL without user, password, and every parameter that is not known to be harmless."""
    if not scheme(url):
        return url
    head, _, query = url.partition("?")
    start, marks, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    place = start + marks + authority.rpartition("@")[2] + slash + path if marks else head
    kept = [(name, value) for name, value in parse_qsl(query) if name in _SHOWN_PARAMETERS]
    return place + (f"?{urlencode(kept, quote_via=quote, safe='/')}" if kept else "")


def identity(url: str) -> str:
    """A hash of what the URL names and as whom; a new password or token leaves it as it is."""
    return hashlib.sha256(_without_secrets(url).encode()).hexdigest()[:16]


def parameters(url: str) -> dict[str, str]:
    """What stands behind the question mark."""
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def with_defaults(url: str, defaults: dict[str, str]) -> str:
    """The URL with the parameters that it does not give itself."""
    given = parameters(url)
    missing = {name: value for name, value in defaults.items() if name not in given}
    if not missing:
        return url
    glue = "&" if "?" in url else "?"
    return url + glue + urlencode(missing, quote_via=quote)


def _without_secrets(url: str) -> str:
    head, _, query = url.partition("?")
    start, marks, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    place = start + marks + user.partition(":")[0] + at + host + slash + path
    kept = sorted(
        (name, _without_secrets(value) if "://" in value else value)
        for name, value in parse_qsl(query)
        if not SECRET_NAME.search(name)
    )
    return f"{place}?{urlencode(kept)}"
