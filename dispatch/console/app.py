"""The console's application: its routes, and how it treats whoever asks."""

from fastapi import FastAPI

from dispatch.console.conduct import Conduct
from dispatch.console.credentials import GatewayCredentials
from dispatch.console.errors import answer_errors
from dispatch.console.health import health_routes
from dispatch.console.pictures import picture_routes
from dispatch.console.shelf import Shelf
from dispatch.store.pool import Pool


def console_app(pool: Pool, shelf: Shelf, picture_key: bytes, *, has_tls: bool) -> FastAPI:
    """Put the application together."""
    # Its own pages of documentation would fetch scripts from elsewhere.
    app = FastAPI(title="Cuadrante", docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    answer_errors(app)
    app.add_middleware(Conduct, has_tls=has_tls)
    app.include_router(health_routes(pool, shelf))
    app.include_router(picture_routes(shelf, GatewayCredentials(pool), picture_key))
    return app
