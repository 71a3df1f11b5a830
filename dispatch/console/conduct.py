"""How the console behaves towards browsers and logs, whatever it is asked: an ASGI layer.

Headers that keep a page from being framed, sniffed, cached or fed from elsewhere; and one line of
log a request. The line names the route, never the path: that may hold a seal or say whose it is.
"""

import time
from collections.abc import Mapping
from typing import Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Unless a route says otherwise. After the OWASP Secure Headers Project."""
ONLY_TLS: Final = "max-age=31536000"
"""`Strict-Transport-Security` (RFC 6797), once the console speaks TLS itself."""


class Conduct:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, *, has_tls: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": ONLY_TLS} if has_tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_s = time.monotonic()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            took_ms = round((time.monotonic() - started_s) * 1000, 1)
            route = getattr(scope.get("route"), "path", "none")
            log.info("request", method=scope["method"], route=route, status=status, took_ms=took_ms)
