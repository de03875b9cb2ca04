"""The sandbox as an ASGI app: the vendor's endpoints, controls, page, and 404 for the rest."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router, request_response

from contacts_pipeline.sandbox.answers import RefusedError
from contacts_pipeline.sandbox.catalogue import OPERATIONS
from contacts_pipeline.sandbox.control import Control
from contacts_pipeline.sandbox.door import Door
from contacts_pipeline.sandbox.guard import Guard
from contacts_pipeline.sandbox.journal import Entry
from contacts_pipeline.sandbox.page import Page
from contacts_pipeline.sandbox.world import World


def build_app(world: World, *, exposed: bool = False) -> Starlette:
    """The app over a world; ``exposed`` if it is meant to be reached by other names."""
    page = Page(world)
    inside = Router([*Control(world).routes(), *page.routes()])

    def nothing_here(request: Request, _error: Exception) -> Response:
        path = request.url.path
        if not path.startswith("/_sandbox"):
            world.journal.append(_stray(world, request))
        answer = RefusedError(404, f"Cannot {request.method} {path}").answer()
        return Response(answer.body, answer.status, media_type=answer.content_type)

    app = Starlette(
        routes=[
            *(
                Route(operation.path, Door(world, operation), methods=[operation.method])
                for operation in OPERATIONS
            ),
            Route("/", Guard(request_response(page.overview), exposed=exposed), methods=["GET"]),
            Mount("/_sandbox", Guard(inside, exposed=exposed)),
        ],
        exception_handlers={404: nothing_here, 405: nothing_here},
    )
    app.router.redirect_slashes = False
    return app


def _stray(world: World, request: Request) -> Entry:
    return Entry(
        seq=world.journal.upcoming,
        time=world.now(),
        method=request.method,
        path=request.url.path,
        operation=None,
        location_id=None,
        contact_id=None,
        status=404,
        new=None,
        fault=None,
        applied=False,
        token=None,
    )
