"""Lets people in by their session, and says what they may do; every call goes on the record.

A session is a cookie that only this server can read. It is `SameSite=Strict`, and whatever changes
anything must bring a header of its own, which no page of another origin can add without being asked
(OWASP, Cross-Site Request Forgery Prevention: custom request headers).
"""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import Request

from dispatch.console.access.rights import GRANTED, Right
from dispatch.console.access.throttle import Throttle
from dispatch.console.bounds import (
    CALLS_BURST,
    CALLS_PER_S,
    SESSION_IDLE_S,
    SESSION_SEEN_EVERY_S,
    STRANGERS_BURST,
    STRANGERS_PER_S,
)
from dispatch.console.errors import Declined, ErrorCode
from dispatch.core.credentials import digest
from dispatch.store.accounts import Session, session_of
from dispatch.store.pool import Pool

COOKIE: Final = "__Host-session"
"""The prefix has browsers see to it that it is `Secure`, of this host alone, for all its paths."""
OWN_HEADER: Final = "X-Cuadrante"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Admit = Callable[[Request], Awaitable[Session]]


class Gatekeeper:
    """Who asks, and may they?"""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._strangers = Throttle(STRANGERS_BURST, STRANGERS_PER_S)
        self._calls = Throttle(CALLS_BURST, CALLS_PER_S)

    def may(self, right: Right | None) -> Admit:
        """Return what a route depends on: whoever has this right; None: whoever is logged in."""

        async def admit(request: Request) -> Session:
            session = await self._session(request)
            # Before it is judged: a refusal goes on the record as well.
            request.state.account_id = session.account_id
            refuse_forgery(request)
            spend(self._calls, session.account_id)
            if right is not None and right not in GRANTED[session.role]:
                raise Declined(
                    ErrorCode.NOT_ALLOWED,
                    "Su cuenta no tiene permiso para esto.",
                    "Your account may not do this.",
                )
            return session

        return admit

    async def _session(self, request: Request) -> Session:
        cookie = request.cookies.get(COOKIE)
        with slowing_strangers(self._strangers, request):
            session = None
            if cookie:
                session = await session_of(
                    self._pool,
                    digest(cookie),
                    idle_s=SESSION_IDLE_S,
                    seen_every_s=SESSION_SEEN_EVERY_S,
                )
            if session is None:
                raise Declined(
                    ErrorCode.NOT_AUTHENTICATED, "Inicie sesión primero.", "Log in first."
                )
        return session


def refuse_forgery(request: Request) -> None:
    """Refuse what another site's page may have a browser send. Raises `Declined`."""
    if request.method not in SAFE and OWN_HEADER not in request.headers:
        raise Declined(
            ErrorCode.NOT_ALLOWED,
            f"Falta el encabezado «{OWN_HEADER}».",
            f"The header “{OWN_HEADER}” is missing.",
            OWN_HEADER,
        )


@contextmanager
def slowing_strangers(throttle: Throttle, request: Request) -> Iterator[None]:
    """Count what shows no good credentials against its address's pace. Raises `Declined`.

    Good ones always pass: a whole town may share one address with whoever tries (RFC 6598).
    """
    try:
        yield
    except Declined as declined:
        if declined.code is ErrorCode.NOT_AUTHENTICATED:
            spend(throttle, address_of(request))
        raise


def spend(throttle: Throttle, key: str) -> None:
    """Count one request against its pace. Raises `Declined`."""
    if wait_s := throttle.spend(key, time.monotonic()):
        raise too_many(wait_s)


def too_many(wait_s: float) -> Declined:
    """Whoever asks must wait."""
    return Declined(
        ErrorCode.TOO_MANY,
        "Demasiadas solicitudes; espere un momento.",
        "Too many requests; wait a moment.",
        retry_after_s=wait_s,
    )


def address_of(request: Request) -> str:
    """Return where a request comes from, as far as that is known."""
    return request.client.host if request.client else ""
