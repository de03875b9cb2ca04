"""The pages and the forms behind them."""

from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from contacts_pipeline.sandbox.catalogue import OPERATIONS
from contacts_pipeline.sandbox.faults import Fault, Faults
from contacts_pipeline.sandbox.page.shown import (
    GATE_SWITCHES,
    SWITCHES,
    LogFilter,
    clock,
    contact_fields,
    history_rows,
    location_rows,
    matching_contacts,
)
from contacts_pipeline.sandbox.world import World

HERE = Path(__file__).parent
STATIC = {"sandbox.css": "text/css", "live.js": "text/javascript"}
RECENT = 12  # entries on the first page
LOG_ROWS = 200
PAGE_ROWS = 50
LOCATION_ROWS = 200
PAGE_DIGITS = 6
SEE_OTHER = 303
# a policy of no-referrer would make the forms' own Origin null, which the guard refuses
NOTHING_FROM_OUTSIDE = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Page:
    """Locations, contacts, log and faults, for a person."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["clock"] = clock
        self._static = {
            name: ((HERE / "static" / name).read_bytes(), kind) for name, kind in STATIC.items()
        }

    def routes(self) -> list[BaseRoute]:
        """Paths under ``/_sandbox``; the first page is ``/`` itself."""
        return [
            Route("/page/location", self.location),
            Route("/page/contact", self.contact),
            Route("/page/log", self.log),
            Route("/page/faults", self.change_faults, methods=["POST"]),
            Route("/page/reset", self.reset, methods=["POST"]),
            Route("/page/static/{name}", self.static),
        ]

    async def overview(self, _request: Request) -> Response:
        """Locations, faults, and the newest requests."""
        faults = self.world.faults.faults
        return self._render(
            "overview.html",
            rows=list(islice(location_rows(self.world), LOCATION_ROWS)),
            hidden=max(len(self.world.stores) - LOCATION_ROWS, 0),
            entries=self.world.journal.newest(RECENT),
            switches=SWITCHES,
            gate_switches=GATE_SWITCHES,
            rates={fault.label: fault.rate for fault in faults.faults},
            faults=faults,
        )

    async def location(self, request: Request) -> Response:
        """A location's contacts."""
        location_id = request.query_params.get("id", "")
        text = request.query_params.get("text", "").strip()
        page = _page_number(request)
        store = self.world.stores.get(location_id)
        if store is None:
            return self._render("missing.html", 404, what=f"location {location_id}")
        found = matching_contacts(store, text)
        start = (page - 1) * PAGE_ROWS
        return self._render(
            "location.html",
            settings=store.settings,
            contacts=found[start : start + PAGE_ROWS],
            total=len(found),
            text=text,
            page=page,
            pages=max((len(found) + PAGE_ROWS - 1) // PAGE_ROWS, 1),
        )

    async def contact(self, request: Request) -> Response:
        """A contact with its history."""
        contact_id = request.query_params.get("id", "")
        home = self.world.home.get(contact_id)
        if home is None:
            return self._render("missing.html", 404, what=f"contact {contact_id}")
        store = self.world.stores[home]
        contact = store.contacts[contact_id]
        return self._render(
            "contact.html",
            contact=contact,
            title=contact.as_json()["name"] or " ".join(contact.emails) or contact.id,
            fields=contact_fields(contact, store),
            history=list(history_rows(contact)),
        )

    async def log(self, request: Request) -> Response:
        """The request log, filtered."""
        chosen = LogFilter.of(request.query_params)
        entries = islice(filter(chosen.passes, reversed(self.world.journal)), LOG_ROWS)
        return self._render(
            "log.html",
            entries=list(entries),
            chosen=chosen,
            operations=list(dict.fromkeys(operation.name for operation in OPERATIONS)),
            locations=list(self.world.stores),
            limit=LOG_ROWS,
        )

    async def change_faults(self, request: Request) -> Response:
        """Put the faults of the form in force."""
        form = parse_qs((await request.body()).decode("latin-1"))
        rate = form.get("rate", ["100"])[0]
        try:
            share = float(rate) / 100
            faults = Faults(
                faults=tuple(
                    Fault.parse(label).model_copy(update={"rate": _share(share)})
                    for label in form.get("fault", [])
                )
            )
        except (ValueError, ValidationError):
            return self._render("missing.html", 400, what="such fault")
        self.world.set_faults(faults)
        return RedirectResponse("/", SEE_OTHER)

    async def reset(self, _request: Request) -> Response:
        """Back to the start."""
        self.world.reset()
        return RedirectResponse("/", SEE_OTHER)

    async def static(self, request: Request) -> Response:
        """The style sheet and the script, read once."""
        held = self._static.get(request.path_params["name"])
        if held is None:
            return self._render("missing.html", 404, what="such file")
        return Response(held[0], media_type=held[1])

    def _render(self, template: str, status: int = 200, **shown: Any) -> Response:
        journal = self.world.journal
        text = self._templates.get_template(template).render(
            **shown, total_requests=journal.counts["requests"], applied=journal.counts["applied"]
        )
        headers = {
            "Content-Security-Policy": NOTHING_FROM_OUTSIDE,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(text, status, headers)


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    readable = text.isascii() and text.isdecimal()
    return max(int(text[:PAGE_DIGITS]), 1) if readable else 1


def _share(share: float) -> float:
    if not 0 <= share <= 1:
        raise ValueError("a rate is between 0 and 100 percent")
    return share
