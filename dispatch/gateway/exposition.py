"""How the gateway is, for whoever watches it: `/healthz`, `/metrics`, `/unknown_accounts`.

On a port of the loopback alone, in a thread of its own, so that no panel waits for a scrape.
"""

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.exposition import ThreadingWSGIServer

from dispatch.gateway.errors import CannotListen
from dispatch.gateway.tally import Tally

HOST: Final = "127.0.0.1"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a press on the wall would reach the core now."""

    core_connected: bool
    roster_known: bool
    unsettled: int
    unreadable_wirings: int

    @property
    def is_green(self) -> bool:
        """Green means exactly that."""
        return self.core_connected and self.roster_known


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Scrapes are no news."""


def expose(port: int, tally: Tally, health: Callable[[], Health]) -> int:
    """Answer on a port of the loopback, as a daemon thread. Raises `CannotListen`."""

    def page(environ: dict[str, Any], start: Callable[..., object]) -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/healthz":
                state = health()
                status = "200 OK" if state.is_green else "503 Service Unavailable"
                kind, body = JSON, _json({"ok": state.is_green} | _fields(state))
            case "/metrics":
                status, kind = "200 OK", CONTENT_TYPE_LATEST
                body = generate_latest(tally.collector)
            case "/unknown_accounts":
                status, kind, body = "200 OK", JSON, _json(tally.unknown_accounts())
            case _:
                status, kind, body = "404 Not Found", JSON, _json({"ok": False})
        start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    try:
        server = make_server(HOST, port, page, ThreadingWSGIServer, _Quiet)
    except OSError as error:
        raise CannotListen(
            f"cannot listen on {HOST} port {port}: {error.strerror}. "
            "Choose another with gateway_metrics_port."
        ) from error
    threading.Thread(target=server.serve_forever, name="exposition", daemon=True).start()
    return server.server_port


def _fields(health: Health) -> dict[str, Any]:
    return {name: getattr(health, name) for name in Health.__dataclass_fields__}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
