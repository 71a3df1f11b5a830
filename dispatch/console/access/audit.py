"""Puts every call of an account on the record, before its answer is sent: an ASGI layer."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatch.store.audit import Entry, keep
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.pool import Pool

log = structlog.get_logger()


class Audit:
    """Wraps the application. Whose call it is, routes say in `request.state.account_id`."""

    def __init__(self, app: ASGIApp, *, pool: Pool) -> None:
        self._app = app
        self._pool = pool

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_once_on_record(message: Message) -> None:
            account_id = state.get("account_id")
            if message["type"] == "http.response.start" and account_id is not None:
                await self._keep(_entry(scope, account_id, message["status"]))
            await send(message)

        await self._app(scope, receive, send_once_on_record)

    async def _keep(self, entry: Entry) -> None:
        try:
            await keep(self._pool, entry)
        except (StoreUnavailable, Refused) as error:
            # What was asked is done by now, or refused: the log is the record that is left.
            log.error(
                "audit_without_database",
                account=entry.account_id,
                method=entry.method,
                route=entry.route,
                about=entry.about,
                status=entry.status,
                reason=str(error),
            )


def _entry(scope: Scope, account_id: str, status: int) -> Entry:
    route = getattr(scope.get("route"), "path", "none")
    about = " ".join(str(value) for value in scope.get("path_params", {}).values())
    return Entry(account_id, scope["method"], route, about, status)
