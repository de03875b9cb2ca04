"""Keeps web pages of elsewhere away from the controls.

A page that a browser has open can send requests to loopback, and by a name that it
rebinds even read the answers. So the host must be loopback's, and the origin our own.
"""

import ipaddress
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class Guard:
    """An ASGI app in front of another; ``exposed`` lets any host name through."""

    def __init__(self, app: ASGIApp, *, exposed: bool) -> None:
        self._app = app
        self._exposed = exposed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request of our own pages and programs through."""
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not self._exposed and not _is_loopback(host):
            await PlainTextResponse(f"{host} is not this machine", 403)(scope, receive, send)
        elif origin and origin != f"http://{host}":
            await PlainTextResponse(f"{origin} may not do this", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
