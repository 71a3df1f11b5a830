"""The console's application: its routes, and how it treats whoever asks."""

from dataclasses import dataclass, field

from fastapi import FastAPI

from dispatch.console.access.audit import Audit
from dispatch.console.access.audit_trail import audit_routes
from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.login import login_routes
from dispatch.console.access.passwords import Passwords
from dispatch.console.bodies import describe
from dispatch.console.conduct import Conduct
from dispatch.console.config import PageOptions, config_routes
from dispatch.console.core_health import core_health_routes
from dispatch.console.credentials import DeviceCredentials
from dispatch.console.errors import answer_errors
from dispatch.console.health import health_routes
from dispatch.console.pages import add_pages
from dispatch.console.pictures import picture_routes
from dispatch.console.presses.commands import command_routes
from dispatch.console.presses.core_link import CoreLink
from dispatch.console.presses.hooks import hook_routes
from dispatch.console.presses.signals import signal_routes
from dispatch.console.records.alerts import alert_routes
from dispatch.console.records.exports import export_routes
from dispatch.console.records.messages import message_routes
from dispatch.console.records.policies import policy_routes
from dispatch.console.records.troubles import trouble_routes
from dispatch.console.registry.devices import device_routes
from dispatch.console.registry.enrolment import enrolment_routes
from dispatch.console.registry.fronts import front_routes
from dispatch.console.registry.hook_addresses import hook_address_routes
from dispatch.console.registry.people import people_routes
from dispatch.console.registry.quadrants import quadrant_routes
from dispatch.console.shelf import Shelf
from dispatch.store.pool import Pool


@dataclass(frozen=True, slots=True)
class Keys:
    """What the console seals and opens with."""

    pictures: bytes = field(repr=False)
    wiring: bytes = field(repr=False)
    totp: bytes = field(repr=False)


def console_app(
    pool: Pool,
    shelf: Shelf,
    core: CoreLink,
    keys: Keys,
    *,
    has_tls: bool,
    pages: PageOptions | None = None,
) -> FastAPI:
    """Put the application together."""
    # Its own pages of documentation would fetch scripts from elsewhere.
    app = FastAPI(title="Cuadrante", docs_url=None, redoc_url=None, openapi_url="/v1/openapi.json")
    answer_errors(app)
    app.add_middleware(Audit, pool=pool)
    app.add_middleware(Conduct, has_tls=has_tls)
    pages = pages or PageOptions()
    gatekeeper, credentials = Gatekeeper(pool), DeviceCredentials(pool)
    for routes in (
        health_routes(pool, shelf),
        core_health_routes(core.address, gatekeeper),
        picture_routes(shelf, credentials, keys.pictures),
        config_routes(pages),
        login_routes(pool, gatekeeper, Passwords(), keys.totp, core.address),
        alert_routes(pool, gatekeeper, keys.pictures),
        people_routes(pool, gatekeeper, keys.wiring),
        front_routes(pool, gatekeeper, keys.wiring),
        device_routes(pool, gatekeeper, keys.wiring),
        enrolment_routes(pool, gatekeeper),
        hook_address_routes(pool, gatekeeper),
        quadrant_routes(pool, gatekeeper, credentials),
        signal_routes(core, credentials),
        hook_routes(pool, core),
        command_routes(core, gatekeeper),
        message_routes(pool, gatekeeper),
        trouble_routes(pool, gatekeeper),
        policy_routes(gatekeeper),
        export_routes(pool, gatekeeper),
        audit_routes(pool, gatekeeper),
    ):
        app.include_router(routes)
    add_pages(app, pages)
    describe(app)
    return app
