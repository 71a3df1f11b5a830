"""The gateway's parts, put together and ended in order."""

import gc
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from signal import SIGINT, SIGTERM
from typing import Final

import structlog
import trio

from dispatch.gateway.buttons import Buttons
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import read_clock
from dispatch.gateway.exposition import Health, expose
from dispatch.gateway.panels import Panels
from dispatch.gateway.port import bound, serve
from dispatch.gateway.roster import Roster
from dispatch.gateway.tally import Tally
from dispatch.gateway.wall import Wall
from link.beside import beside
from link.connection import Dial
from link.enrolment import Credentials

LAST_ANSWERS_S: Final = 2.0
"""How long an ending gateway waits for what it has taken to be stored."""
LOOK_EVERY_S: Final = 0.05

COLLECT_AFTER: Final = (50_000, 20, 100)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class GatewayOptions:
    """What an installation decides about its gateway."""

    core_url: str
    credentials: Credentials
    wiring_key: bytes = field(repr=False)
    host: str
    panel_port: int
    button_port: int
    metrics_port: int
    console_url: str
    """Where pictures go."""
    ssl_context: ssl.SSLContext | None = None
    dial: Dial | None = None
    trust: Callable[[], object] | None = None
    """Brings the context up to date with a renewed certificate."""


async def run_gateway(
    options: GatewayOptions, announce: Callable[[Mapping[str, object]], None]
) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called with the ports once they are open.

    Raises `CannotListen`; `Refused` when the core does not want this gateway.
    """
    roster, tally = Roster(options.wiring_key), Tally()
    core = CoreLink(
        options.core_url,
        options.credentials,
        roster,
        ssl_context=options.ssl_context,
        dial=options.dial,
    )
    _watch(tally, core)
    wall = Wall(core, options.console_url, options.credentials, options.ssl_context, options.trust)
    tally.watch("pictures_dropped", "Never kept.", lambda: wall.uploads.dropped)
    panels, buttons = Panels(core, tally, read_clock), Buttons(core, tally, read_clock)
    async with (
        bound(options.host, options.panel_port, setting="gateway_panel_port") as panel_port,
        bound(options.host, options.button_port, setting="gateway_button_port") as button_port,
    ):
        ports = {
            "panels": panel_port.port,
            "buttons": button_port.port,
            "metrics": expose(options.metrics_port, tally, lambda: _health(core)),
        }
        with trio.open_signal_receiver(SIGTERM, SIGINT) as signals:
            async with beside(
                core.run,
                wall.run,
                partial(serve, panels, panel_port, tally),
                partial(serve, buttons, button_port, tally),
            ):
                _collect_rarely()
                announce(ports)
                log.info("gateway_serving", **ports)
                await anext(aiter(signals))
                await _settle(core)


def _collect_rarely() -> None:
    """Keep garbage collection from pausing the loop: 10,000 connections are no garbage."""
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def _settle(core: CoreLink) -> None:
    """Let what is under way be stored, and its panels be told so."""
    log.info("draining", unsettled=core.calls.unsettled)
    with trio.move_on_after(LAST_ANSWERS_S):
        while core.calls.unsettled:  # noqa: ASYNC110 - it is looked at once in the gateway's life
            await trio.sleep(LOOK_EVERY_S)


def _health(core: CoreLink) -> Health:
    return Health(core.up, core.roster.is_known, core.calls.unsettled, core.roster.unreadable)


def _watch(tally: Tally, core: CoreLink) -> None:
    tally.watch("core_connected", "Whether the core is there.", lambda: core.up)
    tally.watch("devices", "Devices behind this gateway.", lambda: len(core.roster.devices))
    tally.watch("unsettled", "Presses not stored yet.", lambda: core.calls.unsettled)
    tally.watch("unreadable_wirings", "Not opened.", lambda: core.roster.unreadable)
