"""The warehouse's URL: which kind it is, and what of it may be shown."""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

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
