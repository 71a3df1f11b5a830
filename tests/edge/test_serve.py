"""The core process as it is, within this one: a database, a port, and signals."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dispatch.core.registry import Device
from dispatch.edge.exposure import ListenError
from dispatch.edge.serve import CoreOptions, _serve, run_core
from dispatch.edge.tls import TlsError, TlsFiles
from dispatch.logs import BackgroundWriter
from dispatch.store.enrolment import issue_code, revoke
from dispatch.store.pool import Pool, open_pool
from protocol import PATH
from protocol.close_codes import CloseCode
from protocol.messages import Enrol, Enrolled, Error, Hello, Notice, Receipt
from protocol.vocabulary import ErrorCode, NoticeCode, Role
from tests.edge.town import PATIENCE_S, Peer, on_uvloop, open_peer, press
from tests.store.conftest import Server, execute

OPERATOR = Device("op", Role.OPERATOR, "Sala de control")
APP = Device("app-ana", Role.APP, "Celular de Ana")
WITHDRAW = "UPDATE devices SET code_expires_at = now() WHERE device_id = 'app-ana'"


@pytest.fixture
def logs() -> BackgroundWriter:
    return BackgroundWriter(sys.__stderr__.fileno() if sys.__stderr__ else 2)


def core_options(dsn: str, folder: Path, **chosen: Any) -> CoreOptions:
    key = bytes(32)
    return CoreOptions(dsn, folder / "journal.sqlite", folder / "registry", key, **chosen)


@asynccontextmanager
async def serving(dsn: str, logs: BackgroundWriter, folder: Path) -> AsyncIterator[str]:
    """Run a core until the block ends, then drain it with the signal that a supervisor sends."""
    ready: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_serve(core_options(dsn, folder, port=0), ready.set_result, logs))
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait((ready, task), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        yield f"ws://127.0.0.1:{ready.result()}{PATH}"
    finally:
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await task


async def health(url: str) -> tuple[int, dict[str, list[str]]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


async def until_stale(url: str) -> None:
    """Wait until the core warns of its registry. Of a drain as well, if that was under way."""
    async with asyncio.timeout(PATIENCE_S):
        while "registry_stale" not in (await health(url))[1]["warnings"]:
            pass


async def until_well(url: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while "registry_stale" in (await health(url))[1]["warnings"]:
            pass


async def traded(url: str, code: str) -> str:
    """The token that a code is traded for, as soon as the core has heard of the code."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with open_peer(url) as peer:
                await peer.say(Enrol(code=code))
                answer = await peer.hear()
                if isinstance(answer, Enrolled):
                    return answer.token


@asynccontextmanager
async def enrolled(url: str, pool: Pool, device: Device) -> AsyncIterator[Peer]:
    """A device that was just registered, on duty if it has any, enrolled over its connection."""
    token = await traded(url, await issue_code(pool, device))
    async with open_peer(url) as peer:
        await peer.greet(device.device_id, on_duty=True, token=token)
        yield peer


@on_uvloop
async def test_a_device_enrols_presses_and_is_revoked(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    async with (
        open_pool(dsn) as pool,
        serving(dsn, logs, tmp_path) as url,
        enrolled(url, pool, OPERATOR) as op,
        enrolled(url, pool, APP) as ana,
    ):
        signal_ = press()
        await ana.say(signal_)
        assert (await ana.hear_a(Receipt)).signal_id == signal_.signal_id
        assert await revoke(pool, APP.device_id, "lost")
        assert await ana.closed_with() == CloseCode.REVOKED
        await op.is_served()


@on_uvloop
async def test_a_wrong_code_is_refused(dsn: str, logs: BackgroundWriter, tmp_path: Path) -> None:
    async with serving(dsn, logs, tmp_path) as url, open_peer(url) as peer:
        await peer.say(Enrol(code="0000-0000-0000", ref="7"))
        error = await peer.hear_a(Error)
        assert (error.code, error.field, error.ref) == (ErrorCode.ENROLMENT_REFUSED, "code", "7")


@on_uvloop
async def test_sigterm_tells_everyone_then_closes_with_4000(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    async with (
        open_pool(dsn) as pool,
        serving(dsn, logs, tmp_path) as url,
        enrolled(url, pool, OPERATOR) as op,
    ):
        os.kill(os.getpid(), signal.SIGTERM)
        while (await op.hear_a(Notice)).code is not NoticeCode.DRAINING:
            pass
        assert await op.closed_with() == CloseCode.DRAINING


@on_uvloop
async def test_without_its_database_it_serves_on_and_says_so(
    server: Server, dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    async with (
        open_pool(dsn) as pool,
        serving(dsn, logs, tmp_path) as url,
        enrolled(url, pool, OPERATOR),
        enrolled(url, pool, APP) as ana,
    ):
        code = await issue_code(pool, Device("app-2", Role.APP, "Otro"))
        await traded(url, code)  # by now the core knows it
        await asyncio.to_thread(server.stop)
        await until_stale(url)
        await ana.say(press())
        await ana.hear_a(Receipt)
        async with open_peer(url) as peer:
            await peer.say(Enrol(code=code))
            assert (await peer.hear_a(Error)).code is ErrorCode.UNAVAILABLE
        await asyncio.to_thread(server.start)
        await until_well(url)
        await traded(url, code)


@on_uvloop
async def test_started_without_its_database_it_tells_nobody_to_stay_away(
    server: Server, dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    async def closed_with(url: str) -> int:
        async with open_peer(url) as peer:
            await peer.say(Hello(device_id="enrolled-just-now", token="unknown yet"))
            return await peer.closed_with()

    async with serving(dsn, logs, tmp_path):
        pass  # it leaves a copy of the registry
    await asyncio.to_thread(server.stop)
    async with serving(dsn, logs, tmp_path) as url:
        assert await closed_with(url) == CloseCode.REGISTRY_BEHIND
        await asyncio.to_thread(server.start)
        await until_well(url)
        assert await closed_with(url) == CloseCode.BAD_CREDENTIALS


@on_uvloop
async def test_a_code_that_was_withdrawn_meanwhile_is_refused(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool, serving(dsn, logs, tmp_path) as url:
        code = await issue_code(pool, APP)
        await traded(url, code)
        # Withdrawn without a word to the core, as while it is cut off.
        await execute(dsn, "SET session_replication_role = replica; " + WITHDRAW)
        async with open_peer(url) as peer:
            await peer.say(Enrol(code=code))
            assert (await peer.hear_a(Error)).code is ErrorCode.ENROLMENT_REFUSED


def test_a_port_that_is_taken_is_one_sentence(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"port {port}: .*--port"):
            run_core(
                core_options(dsn, tmp_path, port=port),
                lambda _: None,
                logs,
            )


def test_clear_text_beyond_loopback_is_refused(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    options = core_options(dsn, tmp_path, host="0.0.0.0", port=0)  # noqa: S104
    with pytest.raises(ListenError, match="no TLS"):
        run_core(options, lambda _: None, logs)


def test_a_certificate_that_cannot_be_used_is_refused(
    dsn: str, logs: BackgroundWriter, tmp_path: Path
) -> None:
    files = TlsFiles(tmp_path / "chain.pem", tmp_path / "key.pem")
    with pytest.raises(TlsError, match="cannot read"):
        run_core(
            core_options(dsn, tmp_path, port=0, tls=files),
            lambda _: None,
            logs,
        )
