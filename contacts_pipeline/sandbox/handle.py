"""A running sandbox as a test holds it: its URL, and its controls over HTTP.

The same for a server in a thread and in another process.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from contacts_pipeline.sandbox.faults import Fault, Faults
from contacts_pipeline.sandbox.options import SandboxOptions

TIMEOUT_SECONDS = 30.0
API_VERSION = "2021-07-28"


class SandboxControlError(Exception):
    """The sandbox refused what a test asked of its controls."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer off the wire; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)


class RunningSandbox:
    """A sandbox that is being served."""

    def __init__(self, options: SandboxOptions, url: str, pid: int | None = None) -> None:
        self.options = options
        self.url = url
        self.pid = pid

    @property
    def token(self) -> str:
        """A token of the first location."""
        return self.options.locations[0].tokens[0]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the API takes, with ``token``."""
        return {"Authorization": f"Bearer {self.token}", "Version": API_VERSION}

    def state(self, *, ids: bool = True) -> dict[str, Any]:
        """Every location's contacts in canonical form; without ``ids`` runs compare."""
        state: dict[str, Any] = self._json("GET", f"/_sandbox/state?{urlencode({'ids': int(ids)})}")
        return state

    def contacts(self, location_id: str | None = None, *, ids: bool = True) -> list[dict[str, Any]]:
        """One location's contacts, the first location's if none is named."""
        name = location_id or self.options.locations[0].id
        contacts: list[dict[str, Any]] = self.state(ids=ids)["locations"][name]["contacts"]
        return contacts

    def log(self, since: int = 0) -> list[dict[str, Any]]:
        """The request log after entry ``since``."""
        lines = self._ask("GET", f"/_sandbox/log?{urlencode({'since': since})}")
        return [json.loads(line) for line in lines.splitlines()]

    def count(self, what: str = "requests") -> int:
        """How many requests were logged since the last reset.

        ``what``: ``requests``, an operation (``upsert``), ``applied``, ``faults``, or
        ``status_429``.
        """
        counts: dict[str, int] = self._json("GET", "/_sandbox/count")["counts"]
        return counts.get(what, 0)

    def last_seq(self) -> int:
        """The number of the log's last entry; it survives a reset."""
        last: int = self._json("GET", "/_sandbox/count")["last"]
        return last

    def cpu_seconds(self) -> float:
        """CPU time of the server's process so far; in a thread, of this process."""
        seconds: float = self._json("GET", "/_sandbox/count")["cpu_seconds"]
        return seconds

    def set_faults(self, *faults: str | Fault | Faults, seed: int = 0) -> None:
        """Put faults in force: ``"503-after=0.1"``, a ``Fault``, or a whole ``Faults``.

        None at all clears them.
        """
        if len(faults) == 1 and isinstance(faults[0], Faults):
            chosen = faults[0]
        else:
            each = [Fault.parse(one) if isinstance(one, str) else one for one in faults]
            chosen = Faults.model_validate({"faults": each, "seed": seed})
        self._json("POST", "/_sandbox/faults", chosen.model_dump(mode="json"))

    def script_faults(self, *script: str | None) -> None:
        """One entry a request in order of arrival; None or ``"none"`` lets one pass."""
        entries = [Fault.parse(one) if one and one != "none" else None for one in script]
        self.set_faults(Faults(script=tuple(entries)))

    def seed_contacts(self, location_id: str, contacts: Iterable[Mapping[str, Any]]) -> list[str]:
        """Begin from a non-empty CRM: contacts laid down as they are; returns their ids.

        Keys are the API's names, with ``additionalEmails`` and, if need be, ``id``.
        """
        body = {"locationId": location_id, "contacts": [dict(one) for one in contacts]}
        ids: list[str] = self._json("POST", "/_sandbox/contacts", body)["ids"]
        return ids

    def reset(self) -> None:
        """Back to the start: no contacts, no log, the faults of the options."""
        self._json("POST", "/_sandbox/reset", {})

    def upsert(self, location_id: str | None = None, **fields: object) -> Reply:
        """Upsert a contact into a location, the first one if none is named."""
        name = location_id or self.options.locations[0].id
        return self.call("POST", "/contacts/upsert", {"locationId": name, **fields})

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """One request to the API over a connection of its own.

        ``body``: bytes and text go as they are, anything else as JSON. ``headers`` come on
        top of ``self.headers``; None leaves one out.

        Raises:
            OSError, http.client.HTTPException: the connection failed, as a fault may make it.
        """
        sent = {**self.headers, "Content-Type": "application/json", **(headers or {})}
        kept = {name: value for name, value in sent.items() if value is not None}
        payload = body if body is None or isinstance(body, bytes | str) else json.dumps(body)
        return self._exchange(method, path, payload, kept)

    def _json(self, method: str, path: str, body: object = None) -> Any:
        return json.loads(self._ask(method, path, body))

    def _ask(self, method: str, path: str, body: object = None) -> str:
        payload = None if body is None else json.dumps(body)
        reply = self._exchange(method, path, payload, {})
        if reply.status >= 400:  # noqa: PLR2004 - HTTP's own line
            raise SandboxControlError(f"{method} {path}: {reply.status} {reply.text}")
        return reply.text

    def _exchange(
        self, method: str, path: str, payload: str | bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        try:
            encoded = payload.encode() if isinstance(payload, str) else payload
            connection.request(method, path, encoded, {**headers, "Connection": "close"})
            response = connection.getresponse()
            shown = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, shown, response.read().decode(errors="replace"))
        finally:
            connection.close()
