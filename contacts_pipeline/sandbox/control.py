"""``/_sandbox/…``: what a test asks of the sandbox itself, outside the vendor's API."""

import time

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from contacts_pipeline.sandbox.faults import Faults
from contacts_pipeline.sandbox.journal import as_lines
from contacts_pipeline.sandbox.world import World

SEEDS: TypeAdapter[list[dict[str, object]]] = TypeAdapter(list[dict[str, object]])


class Control:
    """The endpoints that show and change the sandbox."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[BaseRoute]:
        """Their paths."""
        return [
            Route("/state", self.state),
            Route("/log", self.log),
            Route("/count", self.count),
            Route("/faults", self.faults, methods=["GET", "POST"]),
            Route("/contacts", self.seed, methods=["POST"]),
            Route("/reset", self.reset, methods=["POST"]),
        ]

    async def state(self, request: Request) -> Response:
        """The contacts in canonical form; ``?ids=0`` leaves out ids and dates."""
        return JSONResponse(self.world.state(ids=request.query_params.get("ids") != "0"))

    async def log(self, request: Request) -> Response:
        """The request log as JSON lines, ``?since=SEQ`` on."""
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            return _refuse("since must be a number")
        lines = as_lines(self.world.journal.since(int(since)))
        return StreamingResponse(lines, media_type="application/x-ndjson")

    async def count(self, _request: Request) -> Response:
        """The last entry's number, counts by operation and effect, and the process's CPU time."""
        journal = self.world.journal
        shown = {"last": journal.last, "counts": dict(journal.counts)}
        return JSONResponse({**shown, "cpu_seconds": time.process_time()})

    async def faults(self, request: Request) -> Response:
        """The faults in force; a POST puts others in their place."""
        if request.method == "POST":
            try:
                self.world.set_faults(Faults.model_validate_json(await request.body()))
            except ValidationError as error:
                return _refuse(str(error))
        return JSONResponse(self.world.faults.faults.model_dump(mode="json"))

    async def seed(self, request: Request) -> Response:
        """Contacts laid down as they are: ``{"locationId", "contacts": […]}``."""
        try:
            body = from_json(await request.body(), allow_inf_nan=False)
            contacts = SEEDS.validate_python(body["contacts"])
            ids = self.world.seed_contacts(body["locationId"], contacts)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return _refuse(f"{type(error).__name__}: {error}")
        return JSONResponse({"ids": ids}, status_code=201)

    async def reset(self, _request: Request) -> Response:
        """Back to the start: no contacts, no log, the faults of the options."""
        self.world.reset()
        return JSONResponse({"last": self.world.journal.last})


def _refuse(message: str) -> Response:
    return JSONResponse({"message": message}, status_code=400)
