"""Logging in and out. Whoever is logged in is a device to the core as well, for the live picture.

The device's token follows from the session's cookie, so that a page that is reloaded asks for it
again, and nothing of either is kept but digests.
"""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from msgspec import Meta, Struct

from dispatch.console.access.gatekeeper import (
    COOKIE,
    Gatekeeper,
    address_of,
    refuse_forgery,
    spend,
    too_many,
)
from dispatch.console.access.one_time import opened, step_of
from dispatch.console.access.passwords import Passwords
from dispatch.console.access.rights import GRANTED, SPEAKS_AS, Right
from dispatch.console.access.throttle import Throttle
from dispatch.console.bodies import Json, gives, read, takes
from dispatch.console.bounds import (
    FAILURES_FREE,
    LOCK_FIRST_S,
    LOCK_MAX_S,
    LOGINS_BURST,
    LOGINS_PER_S,
    PASSWORD_CHARS_MAX,
    SESSION_S,
)
from dispatch.console.core_health import core_knows
from dispatch.console.errors import Declined, ErrorCode
from dispatch.console.presses.core_link import CoreAddress
from dispatch.core.credentials import digest
from dispatch.store.account_role import AccountRole
from dispatch.store.accounts import (
    Backoff,
    Credentials,
    Session,
    begin_session,
    credentials_of,
    end_session,
    note_failure,
)
from dispatch.store.mark import newest_change
from dispatch.store.pool import Pool
from protocol.messages import DEVICE_ID_PATTERN
from protocol.vocabulary import Role

BACKOFF: Final = Backoff(FAILURES_FREE, LOCK_FIRST_S, LOCK_MAX_S)
SECRET_BYTES: Final = 32


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to log in."""

    account_id: Annotated[str, Meta(max_length=48, pattern=DEVICE_ID_PATTERN)]
    password: Annotated[str, Meta(min_length=1, max_length=PASSWORD_CHARS_MAX)]
    totp: (
        Annotated[str, Meta(max_length=16, description="The one-time password, if there is one.")]
        | None
    ) = None


class SessionDevice(Struct, frozen=True):
    """What the session is to the core: for the `hello` of its WebSocket."""

    device_id: str
    role: Role
    token: str


class LoggedIn(Struct, frozen=True):
    """A session that holds."""

    account_id: str
    name: str
    role: AccountRole
    rights: tuple[Right, ...]
    expires_at_ms: int
    device: SessionDevice


def login_routes(
    pool: Pool, gatekeeper: Gatekeeper, passwords: Passwords, totp_key: bytes, core: CoreAddress
) -> APIRouter:
    """Return the routes; `totp_key` opens the secrets of one-time passwords."""
    routes = APIRouter(tags=["session"])
    attempts = Throttle(LOGINS_BURST, LOGINS_PER_S)

    @routes.post("/v1/session", **takes(Login), **gives(LoggedIn, status=201))
    async def log_in(request: Request) -> Json:
        """Log in. The answer sets the session's cookie."""
        refuse_forgery(request)
        spend(attempts, address_of(request))
        login = await read(request, Login)
        request.state.account_id = login.account_id
        who, step = await _proven(pool, passwords, totp_key, login)
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        session = await begin_session(
            pool,
            who,
            session_hash=digest(cookie),
            device_id=f"{who.account_id}:{secrets.token_hex(4)}",
            role=SPEAKS_AS[who.role],
            token_hash=digest(_token(cookie)),
            lasts_s=SESSION_S,
            totp_step=step,
        )
        if session is None:
            raise _wrong()
        # Whoever holds the answer may greet the core with it at once.
        await core_knows(core, await newest_change(pool))
        answer = Json(_logged_in(session, cookie), 201)
        answer.set_cookie(
            COOKIE, cookie, max_age=SESSION_S, secure=True, httponly=True, samesite="strict"
        )
        return answer

    @routes.get("/v1/session", **gives(LoggedIn))
    async def who_am_i(
        request: Request, session: Annotated[Session, Depends(gatekeeper.may(None))]
    ) -> Json:
        """Say who is logged in, and what that is to the core."""
        return Json(_logged_in(session, request.cookies[COOKIE]))

    @routes.delete("/v1/session", **gives(status=204), dependencies=[Depends(gatekeeper.may(None))])
    async def log_out(request: Request) -> Response:
        """Log out; the live connection of the session is closed."""
        await end_session(pool, digest(request.cookies[COOKIE]))
        answer = Response(status_code=204)
        answer.delete_cookie(COOKIE, secure=True, httponly=True, samesite="strict")
        return answer

    return routes


async def _proven(
    pool: Pool, passwords: Passwords, totp_key: bytes, login: Login
) -> tuple[Credentials, int | None]:
    """Check a login. Returns whose it is, and the step of its one-time password, if it has one.

    Raises `Declined`: the same, after the same time, for a wrong password and an unknown account.
    """
    who = await credentials_of(pool, login.account_id)
    if who is not None and who.locked_for_s > 0:
        raise too_many(who.locked_for_s)
    matches = await passwords.match(login.password, None if who is None else who.password_hash)
    if who is None:
        raise _wrong()
    if not matches:
        await note_failure(pool, who.account_id, BACKOFF)
        raise _wrong()
    if who.totp_box is None:
        return who, None
    if login.totp is None:
        raise Declined(
            ErrorCode.TOTP_REQUIRED,
            "Escriba el código de su autenticador.",
            "Enter the code of your authenticator.",
            "totp",
        )
    secret = opened(who.totp_box, totp_key, who.account_id)
    step = None if secret is None else step_of(login.totp, secret, time.time())
    if step is None:
        await note_failure(pool, who.account_id, BACKOFF)
        raise _wrong()
    return who, step


def _wrong() -> Declined:
    return Declined(
        ErrorCode.NOT_AUTHENTICATED,
        "La cuenta, la contraseña o el código no coinciden.",
        "The account, the password or the code do not match.",
    )


def _token(cookie: str) -> str:
    """Return the token of the session's device."""
    mac = hmac.digest(cookie.encode(), b"cuadrante device token", "sha256")
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def _logged_in(session: Session, cookie: str) -> LoggedIn:
    return LoggedIn(
        account_id=session.account_id,
        name=session.name,
        role=session.role,
        rights=tuple(sorted(GRANTED[session.role])),
        expires_at_ms=int(session.expires_at.timestamp() * 1000),
        device=SessionDevice(session.device_id, SPEAKS_AS[session.role], _token(cookie)),
    )
