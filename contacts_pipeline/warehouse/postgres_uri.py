"""The URI that libpq is given: certificates checked beyond this machine, a dead peer noticed.

Where the server is may stand in the URL, in libpq's own environment or in a service file.
"""

import ipaddress
import os
import ssl
from pathlib import Path
from urllib.parse import unquote, urlsplit

import certifi

from contacts_pipeline.warehouse.address import parameters, with_defaults

_DEFAULTS = {
    "connect_timeout": "30",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "application_name": "contacts-pipeline",
}
_CHECKED = {"verify-ca", "verify-full"}
"""Beside a root certificate libpq takes ``require`` for ``verify-ca``, so it is given none."""


def connection_uri(url: str) -> str:
    """``url`` with what it does not say itself."""
    defaults = dict(_DEFAULTS)
    if mode := tls_mode(url):
        defaults["sslmode"] = mode
        own_roots = (Path.home() / ".postgresql" / "root.crt").exists()
        if mode in _CHECKED and not own_roots and "PGSSLROOTCERT" not in os.environ:
            defaults["sslrootcert"] = ssl.get_default_verify_paths().cafile or certifi.where()
    return with_defaults(url, defaults)


def tls_mode(url: str) -> str | None:
    """The ``sslmode`` that holds beyond this machine; None on it."""
    if _is_here(url):
        return None
    return parameters(url).get("sslmode") or os.environ.get("PGSSLMODE") or "verify-full"


def _is_here(url: str) -> bool:
    """Whether every place that libpq may connect to is known to be this machine."""
    given = parameters(url)
    if "service" in given or "PGSERVICE" in os.environ:
        return False
    authority = urlsplit(url).netloc.rpartition("@")[2]
    hosts = given.get("host") or authority or os.environ.get("PGHOST", "")
    addresses = given.get("hostaddr") or os.environ.get("PGHOSTADDR", "")
    return all(_is_local(place) for place in (*hosts.split(","), *addresses.split(",")))


def _is_local(place: str) -> bool:
    """Nothing at all is libpq's own socket."""
    name = unquote(place)
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    if not name or name.startswith(("/", "@")) or name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
