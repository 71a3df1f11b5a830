"""A gateway with a camera behind it, a picture of it, people who log in, and an application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from dispatch.console.access.gatekeeper import COOKIE, OWN_HEADER
from dispatch.console.access.rights import SPEAKS_AS
from dispatch.console.app import Keys, console_app
from dispatch.console.presses.core_link import CoreAddress, CoreLink
from dispatch.console.shelf import Shelf
from dispatch.core.credentials import digest
from dispatch.store.account_role import AccountRole
from dispatch.store.accounts import add_account, begin_session, credentials_of
from dispatch.store.pool import Pool, connected, open_pool
from protocol.messages import (
    Alert,
    Escalation,
    FrontView,
    PlaceView,
    QuadrantView,
    SenderView,
    Stages,
    Told,
)
from protocol.vocabulary import (
    AlertState,
    FoundBy,
    Kind,
    Outcome,
    Reach,
    Role,
    Step,
    Urgency,
)

KEY = bytes(range(32))
KEYS = Keys(pictures=KEY, wiring=bytes(64), totp=bytes(range(64)))
NOW_MS = 1_795_000_000_000
TOKEN = "a-token-of-many-random-bits"
PATROL = "patrol:1"
BEARER = {"Authorization": f"Bearer gw:1:{TOKEN}"}
JPEG_TYPE = {"Content-Type": "image/jpeg"}
PICTURE = "01932f7a-5c00-7abc-8def-0123456789ab"
ALERT = "01932f7a-5c00-7abc-8def-0123456789aa"
QUERY = {"alert": ALERT, "camera": "cam-1", "taken_at_ms": "1800000000000"}
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04AB\xff\xc0\x00\x0b\x08\x01\x68\x02\x80\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(range(1, 200)) + b"\xff\xd9"
)
"""Not a picture to look at; one as far as anybody here can tell."""


def nowhere() -> CoreLink:
    """A link to a core that is not there."""

    async def introduce() -> None:
        return

    return CoreLink(CoreAddress("ws://127.0.0.1:1/v1", "console", "token"), introduce)


async def enrol(pool: Pool) -> None:
    """Bring in two gateways, and a camera behind the first. Its id holds a colon, as it may."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, gateway_id, token_hash) VALUES
                ('gw:1', 'gateway', 'Pasarela 1', NULL, $1),
                ('gw:2', 'gateway', 'Pasarela 2', NULL, $1),
                ('app-1', 'app', 'App', NULL, $1)
            """,
            digest(TOKEN),
        )
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, gateway_id) VALUES
                ('cam-1', 'camera', 'Cámara 1', 'gw:1'), ('siren-1', 'siren', 'Sirena', 'gw:1')
            """
        )


async def enrol_patrol(pool: Pool) -> None:
    """Bring in a patrol with a token. Its id holds a colon too."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, quadrant, token_hash)
            VALUES ($1, 'patrol', 'Patrulla 1', 'Q-01', $2)
            """,
            PATROL,
            digest(TOKEN),
        )


@asynccontextmanager
async def console(
    dsn: str, folder: Path, floor_bytes: int = 0, core: CoreLink | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, Pool]]:
    """The application over ASGI, and its database."""
    async with open_pool(dsn) as pool:
        await enrol(pool)
        app = console_app(pool, Shelf(folder, floor_bytes), core or nowhere(), KEYS, has_tls=True)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            yield client, pool


async def hand_in(
    client: httpx.AsyncClient,
    picture_id: str = PICTURE,
    content: bytes = JPEG,
    headers: dict[str, str] | None = None,
    **query: str,
) -> httpx.Response:
    """Hand a picture in as a gateway does, but for what the test says."""
    return await client.put(
        f"/v1/pictures/{picture_id}",
        params=QUERY | query,
        content=content,
        headers={**BEARER, **JPEG_TYPE, **(headers or {})},
    )


async def logged_in(pool: Pool, role: AccountRole, name: str = "") -> dict[str, str]:
    """The headers of somebody with this role who has logged in (without the work of a password)."""
    account_id = name or role.value
    await add_account(pool, account_id, account_id.title(), role, "no password")
    who = await credentials_of(pool, account_id)
    assert who is not None
    cookie = f"the cookie of {account_id}"
    await begin_session(
        pool,
        who,
        session_hash=digest(cookie),
        device_id=f"{account_id}:1",
        role=SPEAKS_AS[role],
        token_hash=digest(f"the token of {account_id}"),
        lasts_s=3_600,
        totp_step=None,
    )
    return {"Cookie": f"{COOKIE}={cookie}", OWN_HEADER: "1"}


def raised(alert_id: str = ALERT, at_ms: int = NOW_MS, **more: Any) -> Alert:
    """An alert as it is shown and recorded, but for what the test says."""
    shown: dict[str, Any] = {
        "alert_id": alert_id,
        "version": 1,
        "state": AlertState.DISPATCHED,
        "kind": Kind.PANIC,
        "urgency": Urgency.NORMAL,
        "quadrant": QuadrantView("Q-01", "Cuadrante 1", "Centro", "Manga", "123"),
        "edition": "2024",
        "place": PlaceView(10.41, -75.53, 8.0, 1.0, "", FoundBy.INSIDE, 40.0, True, "Q-02"),
        "sender": SenderView("app-1", Role.APP, "Ana Díaz", "300 000 0001", 0, False),
        "front": FrontView("f-manga", "Frente Manga", "Manga", "Ana", "300", 1, 4, 1),
        "reports": (),
        "signals_total": 1,
        "told": Told(Reach.ON_DUTY, (), (), False, False, 1),
        "owner": None,
        "escalation": Escalation(Step.NONE, 0, at_ms + 10_000),
        "cancel_requested_at_ms": None,
        "outcome": None,
        "note": "",
        "stages": Stages(pressed_at_ms=at_ms - 40, received_at_ms=at_ms, sent_at_ms=at_ms),
        "late": (),
    }
    return Alert(**shown | more)


def closed(alert_id: str, at_ms: int, outcome: Outcome, **more: Any) -> Alert:
    """The same, ended a minute later."""
    stages = Stages(received_at_ms=at_ms, sent_at_ms=at_ms, closed_at_ms=at_ms + 60_000)
    ended: dict[str, Any] = {"state": AlertState.CLOSED, "outcome": outcome, "stages": stages}
    return raised(alert_id, at_ms, **ended | more)


async def record(pool: Pool, *alerts: Alert) -> None:
    """Put alerts on the record, as the drain does."""
    async with connected(pool) as connection:
        await connection.executemany(
            "INSERT INTO alerts (alert_id, version, view) VALUES ($1::uuid, $2, $3::text::jsonb)",
            [(each.alert_id, each.version, msgspec.json.encode(each).decode()) for each in alerts],
        )
