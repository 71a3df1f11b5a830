"""Devices are who their tokens say, and gateways speak for the cameras behind them alone."""

import pytest

from dispatch.console import credentials
from dispatch.console.credentials import DeviceCredentials
from dispatch.console.errors import Declined, ErrorCode
from dispatch.store.enrolment import revoke
from dispatch.store.pool import connected, open_pool
from protocol.vocabulary import Role
from tests.console.samples import BEARER, TOKEN, enrol
from tests.store.conftest import Server
from tests.store.on_asyncio import on_asyncio

RIGHT = BEARER["Authorization"]


@on_asyncio
async def test_who_is_right_is_admitted(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await enrol(pool)
        assert await DeviceCredentials(pool).admit_gateway(RIGHT, "cam-1") == "gw:1"
        assert await DeviceCredentials(pool).admit_gateway(RIGHT.lower(), "cam-1") == "gw:1"


@pytest.mark.parametrize(
    ("said", "camera", "code"),
    [
        (None, "cam-1", ErrorCode.NOT_AUTHENTICATED),
        ("", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        ("Bearer", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Bearer {TOKEN}", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Basic gw:1:{TOKEN}", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Bearer gw:1:{TOKEN}x", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        ("Bearer gw:1:", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Bearer nobody:{TOKEN}", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Bearer app-1:{TOKEN}", "cam-1", ErrorCode.NOT_AUTHENTICATED),
        (f"Bearer gw:2:{TOKEN}", "cam-1", ErrorCode.NOT_ALLOWED),
        (RIGHT, "siren-1", ErrorCode.NOT_ALLOWED),
        (RIGHT, "nothing", ErrorCode.NOT_ALLOWED),
    ],
)
def test_nobody_else_is(dsn: str, said: str | None, camera: str, code: ErrorCode) -> None:
    @on_asyncio
    async def declined() -> None:
        async with open_pool(dsn) as pool:
            await enrol(pool)
            with pytest.raises(Declined) as refusal:
                await DeviceCredentials(pool).admit_gateway(said, camera)
            assert refusal.value.code is code

    declined()


@on_asyncio
async def test_a_revocation_counts_at_once(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await enrol(pool)
        judge = DeviceCredentials(pool)
        await judge.admit_gateway(RIGHT, "cam-1")
        await revoke(pool, "cam-1", "moved")
        with pytest.raises(Declined) as refusal:
            await judge.admit_gateway(RIGHT, "cam-1")
        assert refusal.value.code is ErrorCode.NOT_ALLOWED
        await revoke(pool, "gw:1", "stolen")
        with pytest.raises(Declined) as refusal:
            await judge.admit_gateway(RIGHT, "cam-1")
        assert refusal.value.code is ErrorCode.NOT_AUTHENTICATED


@on_asyncio
async def test_while_postgresql_is_away_who_was_right_still_is(
    server: Server, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_pool(dsn) as pool:
        await enrol(pool)
        judge = DeviceCredentials(pool)
        await judge.admit_gateway(RIGHT, "cam-1")
        with server.frozen():
            assert await judge.admit_gateway(RIGHT, "cam-1") == "gw:1"
            with pytest.raises(Declined) as refusal:
                await judge.admit_gateway(f"{RIGHT}x", "cam-1")
            assert refusal.value.code is ErrorCode.NOT_AUTHENTICATED
            with pytest.raises(Declined) as refusal:
                await judge.admit_gateway(RIGHT, "cam-2")
            assert refusal.value.code is ErrorCode.UNAVAILABLE, "nobody can say"
            monkeypatch.setattr(credentials, "CREDENTIALS_HOLD_S", -1.0)
            with pytest.raises(Declined) as refusal:
                await judge.admit_gateway(RIGHT, "cam-1")
            assert refusal.value.code is ErrorCode.UNAVAILABLE


@on_asyncio
async def test_what_is_remembered_is_bounded(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "CREDENTIALS_REMEMBERED", 1)
    async with open_pool(dsn) as pool:
        await enrol(pool)
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO devices (device_id, role, name, gateway_id)"
                " VALUES ('cam-2', 'camera', 'Cámara 2', 'gw:1')"
            )
        judge = DeviceCredentials(pool)
        for camera in ("cam-1", "cam-2", "cam-1"):
            await judge.admit_gateway(RIGHT, camera)
        assert len(judge._memory._known) == 1


@on_asyncio
async def test_a_device_is_admitted_by_its_role(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await enrol(pool)
        judge = DeviceCredentials(pool)
        app = await judge.admit(f"Bearer app-1:{TOKEN}", {Role.APP})
        assert (app.device_id, app.role) == ("app-1", Role.APP)
        for said, code in (
            (RIGHT, ErrorCode.NOT_ALLOWED),
            (f"Bearer app-1:{TOKEN}x", ErrorCode.NOT_AUTHENTICATED),
            ("Bearer cam-1:", ErrorCode.NOT_AUTHENTICATED),
        ):
            with pytest.raises(Declined) as refusal:
                await judge.admit(said, {Role.APP, Role.CAMERA})
            assert refusal.value.code is code
